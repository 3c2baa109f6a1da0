"""Re-running: try what the diagnosis recommends on the user's own training, and prove over seeds whether it helped.

From the user's code to the verdict, left to right:

    experiment.py  the user's side: a file, or functions and data; loaded in each trial's own process
    trial.py       one training from one seed, its predictions scored: an Outcome, all JSON
    facts.py       what a technique may know before it is tried
    process.py     each trial in a process of its own
    database.py    where a study is kept, and who may write to it
    store.py       the trials in Optuna's database: nothing that was recorded is ever lost
    models.py      what trials leave behind, while it may be needed
    candidates.py  which techniques with which settings, in which order
    racing.py      who gets more seeds and who is dropped, on the validation rows
    statistics.py  paired differences and their intervals, on the test rows
    harness.py     the study: baseline, diagnosis, race, verdict, the next round
    report.py      RerunReport, as the contract writes it; writeup/ shows it
    exporting.py   every training in a CSV or JSON file
    rerunning.py   ``rerun()``, which does all of this; ahead.py tells beforehand what it would do
    progress.py    how it gets on, on standard error

A file with an experiment is the user's own code. It is run when it is named, once for each training.
"""
