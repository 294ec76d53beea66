# SPDX-License-Identifier: GPL-2.0-only
"""Test cases in kselftest form: checks, clean-up, KTAP.

A test file is a list of functions and one call of ksft_main(). A check that
does not hold is printed with its source line and fails the case, which goes on;
any exception fails it and ends it. What defer() was told is undone in reverse
order when the case ends, however it ends.
"""

import inspect
import os
import random
import signal
import sys
import time
import traceback

# The debug kernel takes several times as long.
SLOWNESS = 5 if os.environ.get("VANE_KERNEL") == "debug" else 1
# A limit of time is there for what never happens. Others may use the processors
# meanwhile, so each is this many times what an idle machine would need.
PATIENCE = 10 if SLOWNESS == 1 else 25
CASE_TIMEOUT = 120 * PATIENCE


def skip_on_debug(*cases):
    """Those @cases that the debug kernel is spared.

    They show what something costs, or do with much what others do with little.
    """
    return list(cases) if SLOWNESS == 1 else []


def since(version, *cases):
    """Those @cases about what the kernel can since @version, as "6.13"."""
    now = os.uname().release.split(".")
    wanted = version.split(".")
    return list(cases) if list(map(int, now[:2])) >= list(map(int, wanted)) else []


def repeat(count, debug):
    """How many times to do something: @count, or @debug on the debug kernel."""
    return count if SLOWNESS == 1 else debug


def seeded():
    """A generator of random numbers, by VANE_SEED if that is set; prints the seed."""
    seed = int(os.environ.get("VANE_SEED", random.randrange(1 << 32)))
    ksft_pr(f"VANE_SEED={seed}")
    return random.Random(seed)


class KsftSkip(Exception):
    """The case cannot run here: a tool is missing."""


class KsftFail(Exception):
    """The case cannot go on."""


class KsftTimeout(BaseException):
    """The case took longer than CASE_TIMEOUT."""


class Deferred:
    """A call to be made when the case, or the set-up, ends."""

    stack = []

    def __init__(self, func, args, kwargs):
        self.func = func
        self.args = args
        self.kwargs = kwargs
        Deferred.stack.append(self)

    def exec(self):
        """Makes the call now."""
        self.cancel()
        return self.func(*self.args, **self.kwargs)

    def cancel(self):
        """Forgets it."""
        Deferred.stack.remove(self)


class _Case:
    """The case that runs."""

    failed = False


def defer(func, *args, **kwargs):
    """Calls @func when the case ends; the last deferred comes first."""
    return Deferred(func, args, kwargs)


def ksft_pr(*objs):
    """Prints a comment between the results."""
    for line in " ".join(str(obj) for obj in objs).splitlines() or [""]:
        print("#", line)
    sys.stdout.flush()


def _fail(*what):
    _Case.failed = True
    frame = inspect.currentframe()
    while frame.f_code.co_filename == __file__:
        frame = frame.f_back
    info = inspect.getframeinfo(frame)
    ksft_pr(f"Check| {os.path.basename(info.filename)}:{info.lineno}, "
            f"in {info.function}:")
    if info.code_context:
        ksft_pr("Check|    ", info.code_context[0].strip())
    ksft_pr("Check failed:", *what)


def _short(value):
    """A value as text of bearable length."""
    text = repr(value)
    return text if len(text) <= 400 else f"{text[:400]}..."


def ksft_failed():
    """Has a check of this case failed?"""
    return _Case.failed


def ksft_eq(got, want, comment=""):
    """@got equals @want."""
    if got != want:
        _fail(f"{_short(got)} is not {_short(want)}", comment)


def ksft_ne(got, other, comment=""):
    """@got differs from @other."""
    if got == other:
        _fail(f"{got!r} twice", comment)


def ksft_ge(got, least, comment=""):
    """@got is @least or more."""
    if got < least:
        _fail(f"{got!r} is less than {least!r}", comment)


def ksft_le(got, most, comment=""):
    """@got is @most or less."""
    if got > most:
        _fail(f"{got!r} is more than {most!r}", comment)


def ksft_in(item, container, comment=""):
    """@item is in @container."""
    if item not in container:
        _fail(f"{item!r} is not in {_short(container)}", comment)


def ksft_not_in(item, container, comment=""):
    """@item is not in @container."""
    if item in container:
        _fail(f"{item!r} is in {_short(container)}", comment)


def ksft_true(value, comment=""):
    """@value is true."""
    if not value:
        _fail(f"{value!r} is not true", comment)


class KsftRaises:
    """The block ends with @exception, kept in .exception."""

    def __init__(self, exception):
        self.expected = exception
        self.exception = None

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is None:
            _fail(f"{self.expected.__name__} was not raised")
        elif issubclass(kind, self.expected):
            self.exception = value
            return True
        return False


def ksft_raises(exception):
    """Context manager: its block must raise @exception."""
    return KsftRaises(exception)


def wait_until(condition, timeout=10.0, interval=0.02, what=""):
    """Waits for @condition() to give something true, and returns that.

    @what is said where it does not come true within @timeout seconds of an idle
    machine.
    """
    timeout *= PATIENCE
    end = time.monotonic() + timeout
    while True:
        late = time.monotonic() > end
        result = condition()
        if result:
            return result
        if late:
            raise KsftFail(f"not within {timeout} s: "
                           f"{what or inspect.getsource(condition).strip()}")
        time.sleep(interval)


def _undo_to(depth):
    ok = True
    while len(Deferred.stack) > depth:
        entry = Deferred.stack[-1]
        try:
            entry.exec()
        except Exception:  # pylint: disable=broad-exception-caught
            ok = False
            ksft_pr(f"Clean-up failed: {entry.func.__name__}{entry.args}")
            ksft_pr(traceback.format_exc())
    return ok


def _on_alarm(_signum, _frame):
    raise KsftTimeout()


def _guarded(func, *args):
    """Runs @func, returns (its value, what to say of its failure)."""
    signal.alarm(CASE_TIMEOUT)
    try:
        return func(*args), None
    except KsftSkip as skip:
        return None, f"SKIP {skip}"
    except KsftTimeout:
        ksft_pr(traceback.format_exc())
        return None, f"took more than {CASE_TIMEOUT} s"
    except Exception as error:  # pylint: disable=broad-exception-caught
        ksft_pr(traceback.format_exc())
        return None, f"{type(error).__name__}"
    finally:
        signal.alarm(0)


def _run_case(case, args):
    depth = len(Deferred.stack)
    _Case.failed = False
    start = time.monotonic()
    _, why = _guarded(case, *args)
    if not _undo_to(depth):
        _Case.failed = True
    if args and hasattr(args[0], "after_case"):
        why = _guarded(args[0].after_case)[1] or why
    ksft_pr(f"{case.__name__}: {time.monotonic() - start:.1f} s")
    return why


def _report(number, name, why):
    """Prints a result; returns "pass", "fail" or "skip"."""
    if why and why.startswith("SKIP") and not _Case.failed:
        print(f"ok {number} {name} # {why}", flush=True)
        return "skip"
    if why or _Case.failed:
        print(f"not ok {number} {name}" + (f" # {why}" if why else ""),
              flush=True)
        return "fail"
    print(f"ok {number} {name}", flush=True)
    return "pass"


def ksft_main(cases, setup=None):
    """Runs @cases and exits: 0 if none failed, 1 otherwise, 4 if all skipped.

    @setup is called first; what it returns is the argument of every case, and
    what it deferred is undone after the last one. Its method after_case(), if it
    has one, is called after each. Names of cases on the command line select
    those.
    """
    script = os.path.basename(sys.argv[0]).removesuffix(".py")
    if len(sys.argv) > 1:
        cases = [case for case in cases if case.__name__ in sys.argv[1:]]
    signal.signal(signal.SIGALRM, _on_alarm)
    print("TAP version 13")
    print(f"1..{len(cases)}", flush=True)
    count = {"pass": 0, "fail": 0, "skip": 0}
    env, broken = _guarded(setup) if setup else (None, None)
    args = (env,) if setup else ()
    for number, case in enumerate(cases, 1):
        why = f"set-up: {broken}" if broken else _run_case(case, args)
        count[_report(number, f"{script}.{case.__name__}", why)] += 1
    if not _undo_to(0):
        # The last result stands; a clean-up that fails still fails the file.
        count["fail"] += 1
    print(f"# Totals: pass:{count['pass']} fail:{count['fail']} xfail:0 "
          f"xpass:0 skip:{count['skip']} error:0", flush=True)
    if count["fail"]:
        sys.exit(1)
    sys.exit(4 if cases and count["skip"] == len(cases) else 0)
