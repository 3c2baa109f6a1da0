"""Lightning: ``Trainer(callbacks=[LightningCallback()])``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

try:
    from lightning.pytorch.callbacks import Callback
except ModuleNotFoundError:  # the package under its older name
    from pytorch_lightning.callbacks import Callback

from diagnose.adapters.advised import Advised
from diagnose.metrics import identify


class LightningCallback(Advised, Callback):
    """Takes what ``self.log`` has gathered at the end of each epoch; the sanity check before the training is none.

    Only the first process speaks; ``stop_on`` sets ``trainer.should_stop``. Names are the user's ("train_loss", "val_loss"); of
    a metric logged each step and each epoch the epoch's is taken.
    """

    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        """A new training, or one that goes on from a checkpoint."""
        epochs = trainer.max_epochs
        first = int(trainer.current_epoch) + 1
        self.adviser.broken = self._validated = False
        self._begin(
            source=type(pl_module).__name__,
            producer="Lightning",
            first=first,
            planned=epochs - first + 1 if isinstance(epochs, int) and epochs > 0 else None,
        )
        if not trainer.is_global_zero:
            self.adviser.verbose, self.adviser.outlets = 0, []

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        """Between two epochs: no progress bar is in the way."""
        self._flush()

    def on_validation_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """This epoch was validated; of another the values would be those of an earlier epoch."""
        self._validated = not trainer.sanity_checking

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """The epoch's numbers; its validation has run by now."""
        metrics = dict(trainer.callback_metrics)
        names = [one for one in metrics if not _is_twin(one, metrics)]
        if not self._validated:
            names = [one for one in names if identify(one).split != "validation"]
        self._validated = False
        if self._take({name: metrics[name] for name in names}) is not None:
            trainer.should_stop = True

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """The report."""
        self._end()

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Ctrl-C: Lightning calls this before it ends."""
        if isinstance(exception, KeyboardInterrupt):
            self._end()


def _is_twin(name: str, metrics: Mapping[str, Any]) -> bool:
    """ "train_loss_step" and "train_loss_epoch" beside "train_loss"."""
    return any(name.endswith(end) and name.removesuffix(end) in metrics for end in ("_step", "_epoch"))
