"""The words metrics, counters and splits are known by: tables only. ``metrics.py`` reads names with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from diagnose.curves import Direction, Split

Family = Literal["loss", "error", "accuracy", "score", "count", "unknown"]


@dataclass(frozen=True, slots=True)
class Known:
    """A metric of the field: its standard name, its kind, and which way is better."""

    name: str
    family: Family
    direction: Direction | None


# A line: standard name = further spellings, separated by blanks, words joined by "_".
_LOSSES = """
loss = cost losses
binary_crossentropy = bce
categorical_crossentropy = cce
sparse_categorical_crossentropy =
crossentropy = ce xent softmax_crossentropy
logloss = binary_logloss multi_logloss mlogloss
negative_log_likelihood = nll
kl_divergence = kullback_leibler_divergence kld
deviance =
poisson =
hinge =
squared_hinge =
categorical_hinge =
huber =
"""
_ERRORS = """
mean_squared_error = mse l2
root_mean_squared_error = rmse
mean_absolute_error = mae l1
mean_absolute_percentage_error = mape
symmetric_mean_absolute_percentage_error = smape
mean_squared_logarithmic_error = msle
root_mean_squared_logarithmic_error = rmsle
logcosh =
mase =
error = err error_rate merror max_error
bits_per_character = bpc
bits_per_dimension = bpd
perplexity = ppl
word_error_rate = wer
character_error_rate = cer
translation_error_rate = ter
match_error_rate = mer
phoneme_error_rate =
equal_error_rate = eer
fid =
kid =
lpips =
hamming =
brier = brier_score
expected_calibration_error = ece
maximum_calibration_error = mce
chamfer =
earth_mover_distance = emd
hausdorff = hd95
assd =
endpoint_error = epe
abs_rel =
sq_rel =
silog =
crps =
pinball =
quantile =
mpjpe =
ate =
rpe =
aic =
bic =
regret =
false_positive_rate = fpr
false_negative_rate = fnr
"""
_ACCURACIES = """
accuracy = acc binary_accuracy categorical_accuracy sparse_categorical_accuracy accuracies
top_1_accuracy = top1 top_1 acc1 acc_top1 accuracy_top1 top1_acc top1_accuracy top_1_acc acc_1 prec1
top_5_accuracy = top5 top_5 acc5 acc_top5 accuracy_top5 top5_acc top5_accuracy top_5_acc prec5
top_k_categorical_accuracy = top_k_accuracy topk_accuracy
sparse_top_k_categorical_accuracy =
balanced_accuracy = bal_acc balanced_acc
pixel_accuracy = pixel_acc
"""
_SCORES = """
auc = roc_auc auroc auc_roc
aucpr = pr_auc prc auprc auc_pr
precision = prec
recall = rec
precision_at_recall =
recall_at_precision =
sensitivity_at_specificity =
specificity_at_sensitivity =
sensitivity =
specificity =
true_positive_rate = tpr
true_negative_rate = tnr
npv =
ppv =
f1 = f1_score fscore f_score f1score
fbeta = fbeta_score f2 f2_score
iou = binary_iou jaccard jaccard_index
mean_iou = miou
one_hot_iou =
one_hot_mean_iou =
dice = dice_coef dice_coefficient dice_score dsc
cosine_similarity = cosine_proximity
r2 = r2_score r_squared r_square r_2 coefficient_of_determination
pearson = pearson_correlation pearsonr
spearman = spearman_correlation spearmanr
concordance_correlation = ccc
explained_variance =
average_precision = ap ap50 ap75
map = mean_average_precision
map50 = map_50 map_0_5
map50_95 = map_50_95 map_0_5_0_95
map75 = map_75 map_0_75
ndcg =
mrr =
hit_rate = hits
mcc = matthews matthews_correlation matthews_corrcoef
kappa = cohen_kappa qwk quadratic_weighted_kappa
pq =
bleu = sacrebleu
rouge1 = rouge_1
rouge2 = rouge_2
rougel = rouge_l
rougelsum = rouge_lsum
meteor =
chrf =
cider =
spice =
bertscore = bert_score
exact_match = em
psnr =
ssim =
ms_ssim =
inception_score =
silhouette = silhouette_score
reward = mean_reward
return = episode_return
win_rate =
elbo =
log_likelihood =
delta1 =
fitness =
correlation = corr
"""
_COUNTS = """
true_positives = tp
true_negatives = tn
false_positives = fp
false_negatives = fn
grad_norm = gradient_norm
sum =
"""


def _table() -> dict[tuple[str, ...], Known]:
    found: dict[tuple[str, ...], Known] = {}
    kinds: tuple[tuple[str, Family, Direction | None], ...] = (
        (_LOSSES, "loss", "min"),
        (_ERRORS, "error", "min"),
        (_ACCURACIES, "accuracy", "max"),
        (_SCORES, "score", "max"),
        (_COUNTS, "count", None),
    )
    for text, family, direction in kinds:
        for line in text.strip().splitlines():
            name, _, others = line.partition(" =")
            for spelling in (name, *others.split()):
                found[tuple(spelling.split("_"))] = Known(name, family, direction)
    return found


def _words(text: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(one.split("_")) for one in text.split())


KNOWN = _table()

SPLITS: dict[str, Split] = {
    **dict.fromkeys(("train", "training", "learn", "tr", "trn"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "eval", "evaluation", "dev", "holdout", "vld"), "validation"),
    **dict.fromkeys(("test", "testing", "tst"), "test"),
}
EPOCHS = _words("epoch epochs ep epoch_number epoch_num epoch_no epoch_idx epoch_index current_epoch n_epoch")
STEPS = _words(
    "step steps global_step trainer_global_step batch batches batch_idx batch_index batch_number num_updates"
    " n_step update updates training_step train_step timestep timesteps total_timesteps"
)
ITERATIONS = _words("iter iters iteration iterations round rounds boosting_round tree trees it n_iter")
INDEXES = _words("index idx row no id unnamed_0 n")
COUNTERS = EPOCHS | STEPS | ITERATIONS | INDEXES
RUNS = _words(
    "run run_id run_name fold folds kfold k_fold cv_fold fold_id trial trial_id seed experiment exp replicate rep"
    " repeat repetition job"
)
SETTINGS = _words(
    "batch_size momentum weight_decay temperature beta memory mem gpu gpu_mem total_flos num_tokens tokens samples"
    " loss_scale loss_weight patience best_epoch optimizer optimization dropout size img_size labels instances total"
    " num_samples num_params params parameters wait epochs_run max_epochs num_epochs total_epochs"
)
# These count as the first or the last word of a name, whatever the others are.
TIMES = frozenset(
    ("time", "times", "runtime", "elapsed", "duration", "timestamp", "date", "datetime", "created", "walltime", "eta")
)
DERIVED = frozenset(("best", "min", "minp", "max", "diff", "dif", "delta", "std", "stdev", "stddev", "gap", "ratio"))
