"""Names are told by whole words: the expectations are the field's, one line a name."""

import pytest

from diagnose.metrics import identify, is_accuracy, tokens

UP = """
acc accuracy binary_accuracy sparse_top_k_categorical_accuracy auc AUC_2 f1_score mean_io_u_5 one_hot_mean_io_u r2
precision_at_recall mAP50 mAP50-95 top_5 ndcg mcc bleu rougeL ssim psnr dice_coef elbo cosine_similarity quality_score
"""
DOWN = """
loss mape precip_error dice_loss map_loss mse RMSE log_loss binary_crossentropy perplexity wer abs_rel 1-ssim fpr
is_error neg_accuracy my_distance kl_divergence mean_squared_error
"""
NEITHER = "true_positives grad_norm lambda score my_thing pre is er entropy"


@pytest.mark.parametrize("name", UP.split())
def test_higher_is_better(name: str) -> None:
    assert identify(name).direction == "max"


@pytest.mark.parametrize("name", DOWN.split())
def test_lower_is_better(name: str) -> None:
    assert identify(name).direction == "min"


@pytest.mark.parametrize("name", NEITHER.split())
def test_the_name_does_not_tell(name: str) -> None:
    assert identify(name).direction is None
    assert identify(name).role == "metric"


@pytest.mark.parametrize(
    ("name", "split", "metric"),
    [
        ("loss", None, "loss"),
        ("val_loss", "validation", "loss"),
        ("Validation Loss", "validation", "loss"),
        ("valid/loss", "validation", "loss"),
        ("eval_loss", "validation", "loss"),
        ("dev-acc", "validation", "accuracy"),
        ("trainLoss", "train", "loss"),
        ("ValLoss", "validation", "loss"),
        ("valacc", "validation", "accuracy"),
        ("Train Accuracy (%)", "train", "accuracy"),
        ("test_auc_3", "test", "auc"),
        ("val/mean_io_u(B)", "validation", "mean_iou"),
        ("metrics/mAP50-95(B)", None, "map50_95"),
        ("metrics/accuracy_top5", None, "top_5_accuracy"),
        ("epoch/val_loss", "validation", "loss"),
        ("epoch_loss", None, "loss"),
        ("train_loss_epoch", "train", "loss"),
        ("val_loss/dataloader_idx_0", "validation", "loss"),
        ("train-auc-mean", "train", "auc"),
        ("val_mse", "validation", "mean_squared_error"),
        ("valuation", None, "valuation"),
        ("training", "train", "value"),
    ],
)
def test_split_and_standard_name(name: str, split: str | None, metric: str) -> None:
    assert (identify(name).split, identify(name).metric) == (split, metric)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("epoch", "counter"),
        ("Epoch #", "counter"),
        ("_step", "counter"),
        ("iter", "counter"),
        ("Unnamed: 0", "counter"),
        ("", "counter"),
        ("lr", "learning_rate"),
        ("lr-Adam", "learning_rate"),
        ("lr/pg0", "learning_rate"),
        ("x/lr0", "learning_rate"),
        ("learning_rate_body", "learning_rate"),
        ("Learning Rate", "learning_rate"),
        ("time", "time"),
        ("eval_runtime", "time"),
        ("eval_samples_per_second", "time"),
        ("_timestamp", "time"),
        ("fold", "run"),
        ("batch_size", "setting"),
        ("loss_scale", "setting"),
        ("best_val_loss", "derived"),
        ("train-auc-std", "derived"),
        ("dec_ms_loss", "metric"),
        ("z_mean_log_var_loss", "metric"),
        ("lrp", "metric"),
        ("timeliness", "metric"),
    ],
)
def test_role(name: str, role: str) -> None:
    assert identify(name).role == role


def test_a_plain_name_is_training_only_beside_a_twin() -> None:
    assert identify("accuracy", ["accuracy", "val_acc"]).split == "train"
    assert identify("accuracy", ["accuracy", "val_loss"]).split is None


def test_which_metrics_are_shares_of_right_answers() -> None:
    assert is_accuracy("accuracy")
    assert is_accuracy("top_5_accuracy")
    assert is_accuracy("head_b_accuracy")
    assert not is_accuracy("auc")
    assert not is_accuracy("accuracy_loss")


@pytest.mark.parametrize(
    ("name", "role", "metric"),
    [
        ("Époque", "counter", "epoch"),
        ("e\u0301poque", "counter", "epoch"),  # the accent a character of its own
        ("época", "counter", "epoch"),
        ("Epoche", "counter", "epoch"),
        ("эпоха", "counter", "epoch"),
        ("エポック", "counter", "epoch"),
        ("轮次", "counter", "epoch"),
        ("étape", "counter", "step"),
        ("Itération", "counter", "iteration"),
        ("précision", "metric", "precision"),
        ("R²", "metric", "r2"),
        ("größe", "metric", "größe"),
        ("損失", "metric", "損失"),
        ("потери", "metric", "потери"),
        ("потерий", "metric", "потерий"),  # й is a letter, no accent to be lost
        ("हानि", "metric", "हानि"),  # vowel signs belong to the word
        ("📉\ufe0f loss", "metric", "loss"),
    ],
)
def test_names_in_other_languages(name: str, role: str, metric: str) -> None:
    assert (identify(name).name, identify(name).role, identify(name).metric) == (name, role, metric)


def test_a_split_beside_a_name_in_another_language() -> None:
    assert (identify("val_précision").split, identify("val_précision").metric) == ("validation", "precision")
    assert (identify("val_größe").split, identify("val_größe").metric) == ("validation", "größe")


def test_words() -> None:
    assert tokens("val/mean_io_u(B)") == ("val", "mean", "iou")
    assert tokens("mIoU") == ("miou",)
    assert tokens("recall@5") == ("recall", "at", "5")
