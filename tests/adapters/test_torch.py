"""Lightning and Hugging Face's Trainer, trained for real on small models."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from diagnose import diagnose  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")


def rows():
    rng = np.random.default_rng(0)
    x = torch.tensor(rng.normal(size=(96, 20)), dtype=torch.float32)
    return x, torch.tensor(rng.integers(0, 2, 96))


def network():
    torch.manual_seed(1)
    return torch.nn.Sequential(torch.nn.Linear(20, 128), torch.nn.ReLU(), torch.nn.Linear(128, 2))


@pytest.fixture
def lightning_fit(tmp_path):
    lightning = pytest.importorskip("lightning.pytorch", reason="lightning is not installed")

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = network()

        def loss(self, batch):
            return torch.nn.functional.cross_entropy(self.net(batch[0]), batch[1])

        def training_step(self, batch, at):
            loss = self.loss(batch)
            self.log("train_loss", loss, on_step=True, on_epoch=True)
            return loss

        def validation_step(self, batch, at):
            self.log("val_loss", self.loss(batch))

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters(), 0.01)

    def fit(epochs, *callbacks, **options):
        x, y = rows()
        sets = [torch.utils.data.TensorDataset(x[at], y[at]) for at in (slice(0, 48), slice(48, 96))]
        trainer = lightning.Trainer(
            max_epochs=epochs,
            callbacks=list(callbacks),
            accelerator="cpu",
            logger=lightning.loggers.CSVLogger(tmp_path, name=None, version=len(list(tmp_path.iterdir()))),
            enable_progress_bar=False,
            enable_model_summary=False,
            enable_checkpointing=False,
            log_every_n_steps=1,
            **options,
        )
        module = Module()
        trainer.fit(module, *(torch.utils.data.DataLoader(one, 16, shuffle=not at) for at, one in enumerate(sets)))
        return trainer, module

    return fit


def test_lightning(lightning_fit, capsys):
    from diagnose.adapters import LightningCallback

    callback = LightningCallback()
    trainer, module = lightning_fit(30, callback)
    out = capsys.readouterr().out
    assert "diagnose: epoch " in out and out.count("Module   Lightning, 30 epochs, loss, with validation") == 1
    whole = diagnose(trainer.logger.log_dir + "/metrics.csv")
    assert callback.report.diagnosis == whole.diagnosis and callback.report.curves.length == whole.curves.length == 30
    for name in ("train_loss", "val_loss"):
        ours, theirs = (
            next(one for one in report.curves.series if one.name.startswith(name))
            for report in (callback.report, whole)
        )
        np.testing.assert_allclose(ours.values, theirs.values, rtol=1e-6)
    _, plain = lightning_fit(30)
    for one, other in zip(module.parameters(), plain.parameters(), strict=True):
        assert torch.equal(one, other)


def test_lightning_validates_every_third_epoch(lightning_fit):
    from diagnose.adapters import LightningCallback

    callback = LightningCallback(0)
    lightning_fit(9, callback, check_val_every_n_epoch=3)
    assert callback.report.curves.of("validation", "loss").epochs.tolist() == [3, 6, 9]
    assert callback.report.curves.of("train", "loss").epochs.size == 9


def test_lightning_stops_when_asked(lightning_fit):
    from diagnose.adapters import LightningCallback

    trainer, _ = lightning_fit(200, LightningCallback(0, stop_on=["generalization"]))
    assert trainer.current_epoch < 100


@pytest.fixture
def hf_fit(tmp_path):
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    pytest.importorskip("accelerate", reason="accelerate is not installed")

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = network()

        def forward(self, x, labels):
            logits = self.net(x)
            return {"loss": torch.nn.functional.cross_entropy(logits, labels), "logits": logits}

    def fit(epochs, callback, **options):
        x, y = rows()
        data = [{"x": one, "labels": other} for one, other in zip(x, y, strict=True)]
        arguments = transformers.TrainingArguments(
            **{
                "output_dir": str(tmp_path),
                "num_train_epochs": epochs,
                "learning_rate": 0.01,
                "per_device_train_batch_size": 16,
                "logging_steps": 1,
                "eval_strategy": "epoch",
                "save_strategy": "no",
                "report_to": [],
                "disable_tqdm": True,
                "use_cpu": True,
                **options,
            }
        )
        callbacks = [callback] if callback else []
        trainer = transformers.Trainer(
            Model(), arguments, train_dataset=data[:48], eval_dataset=data[48:], callbacks=callbacks
        )
        trainer.train()
        return trainer

    return fit


def test_hugging_face(hf_fit, capsys, tmp_path):
    from diagnose.adapters import HuggingFaceCallback

    callback = HuggingFaceCallback()
    trainer = hf_fit(30, callback)
    out = capsys.readouterr().out
    assert "diagnose: point " in out and out.count("Hugging Face Trainer, 30 points") == 1
    trainer.state.save_to_json(str(tmp_path / "trainer_state.json"))
    whole = diagnose(tmp_path / "trainer_state.json")
    assert callback.report.diagnosis == whole.diagnosis and callback.report.curves.length == whole.curves.length == 30
    for split in ("train", "validation"):
        ours, theirs = (report.curves.of(split, "loss").values for report in (callback.report, whole))
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    plain = hf_fit(30, None)
    for one, other in zip(trainer.model.parameters(), plain.model.parameters(), strict=True):
        assert torch.equal(one, other)


def test_hugging_face_without_evaluation(hf_fit):
    from diagnose.adapters import HuggingFaceCallback

    callback = HuggingFaceCallback(0)
    hf_fit(4, callback, eval_strategy="no")
    assert callback.report.curves.length == 12


def test_hugging_face_stops_when_asked(hf_fit):
    from diagnose.adapters import HuggingFaceCallback

    trainer = hf_fit(200, HuggingFaceCallback(0, stop_on=["generalization"]))
    assert trainer.state.epoch < 100
