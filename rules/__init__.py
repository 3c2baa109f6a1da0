"""Rules: one file, one function, one name. How to write one in 15 minutes.

A rule claims something about a training run that training again could check ("stopped earlier, it would do better on
new data"), and says how probable that is. Say we want ``late-start``: the loss does not move for a long while first.

1. **The file.** ``rules/late_start.py`` with one function ``late_start`` under ``@rule``; its slug is ``late-start``. The
   name is the fault, never the cure. There is no list to add it to: every file here is loaded.

       \"\"\"late-start: nothing happens for a long while.

       What it means
           ...
       What the curves show
           ...
       How it is decided
           The share of the run until the loss has made a tenth of its fall: half sure at {SHARE:%}.

       What else looks like it
           A warm-up of the learning rate.

       Sources
           Who says so, and where.
       \"\"\"

       from diagnose.evidence.belief import beyond
       from diagnose.evidence.run import Run
       from diagnose.registry import CannotJudge, Verdict, rule

       SHARE = 0.3  # share of the run without a tenth of the fall, at which we are half sure; where the number is from


       @rule(area="learning", techniques=("weight-initialization", "learning-rate"))
       def late_start(run: Run) -> Verdict | CannotJudge:
           \"\"\"Judge one run.\"\"\"
           train = run.train
           if train is None:
               return CannotJudge("no training loss")
           moved = train.trend < train.start - 0.1 * (train.start - train.best)
           first = int(moved.argmax()) if moved.any() else train.n - 1
           waited = first / train.n
           return Verdict(
               confidence=beyond(waited, SHARE),
               curve=train.name,
               epochs=(1, train.position(first)),
               evidence={"waited": waited, "first_epoch": train.position(first)},
               names={"curve": train.name},
               say="{curve} did not move before {first_epoch}, {waited:%} of the run",
               looks_like="a warm-up of the learning rate",
           )

   The docstring is what ``diagnose explain late-start`` prints; ``{SHARE:%}`` in it is filled from the constant, so that
   text and code cannot drift apart. ``say`` is filled from the evidence in the same way: ``{x}`` a number, ``{x:%}`` a
   share, ``{x:x}`` a multiple, ``{x:d}`` a count; a key that ends in ``_epoch`` becomes "epoch 12"; ``{ends}``
   reads "is now" while training runs (diagnose/wording.py).

2. **Three outcomes.** ``Verdict`` with a confidence of one half or more is a finding; below, the rule found nothing;
   ``CannotJudge(reason)`` where the history lacks what it takes. Confidence is a probability: multiply what must all be
   true. ``beyond(amount, half)`` is one half at ``half``; name every such threshold, with its unit and its origin. Where
   there are labelled runs, a ``MODEL`` of reasoned terms with fitted ``WEIGHTS`` says it better (see ``overfit.py``): its
   terms carry the names of the evidence, and ``python -m benchmarks.fit --write`` fits the weights.

3. **Evidence.** A rule computes nothing of its own that another could want: it reads ``Run`` (which curves) and ``Shape``
   (``trend``, ``best``, ``end``, ``rise``, ``noise``, ``late_scatter``, ``forecast``...; lower is better, also for an
   accuracy). New measures go to ``diagnose/evidence`` as pure functions. Whatever the unit, the scale or the length, the
   answer must be the same: compare with the curve's own noise and level, never with a number of your own loss.

4. **Where it stands.** ``excludes`` names claims that cannot be true beside this one (the engine keeps the surer);
   ``before`` those that say less of the same curves, ``explains`` those that are this one's effects;
   ``repeats=True`` makes it judge repeated runs together; ``trendless=True`` lets it judge fewer than five points.

5. **The fixture.** At least three real trainings in ``fixtures/late-start/``, made by a recipe in ``fixtures/recipes``; what
   is expected of them goes by hand into ``fixtures/expected.json``. ``pytest tests/test_fixtures.py`` runs them all.

6. **The test.** ``tests/rules/test_late_start.py``: a clear case, a healthy one, the look-alike, what it cannot judge, and
   its threshold from below and above. Take the rule from ``diagnose.registry.load_rules()["late-start"]``.

A rule of your own package is found through the entry point group ``diagnose.rules``.
"""
