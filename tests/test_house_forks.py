"""Forks end, print and see their environment as programs in processes of their own do."""

import os

import pytest

from support import forks


@pytest.mark.parametrize(("program", "code", "said"), [
    ("print('done')", 0, ""), ("raise SystemExit(4)", 4, ""), ("raise SystemExit('no')", 1, "no"),
    ("raise ValueError('odd')", 1, "ValueError: odd"), ("import os; os.kill(os.getpid(), 9)", -9, ""),
    ("import warnings; warnings.warn('old')", 1, "UserWarning: old")])
def test_a_fork_ends_as_a_process_does(program, code, said):
    done = forks.run_program(program)
    assert done.returncode == code
    assert said in done.stderr


def test_a_fork_has_the_environment_and_the_words_that_it_was_given():
    program = "import os, sys; print(os.environ, sys.argv)"
    done = forks.run_program(program, "one", environment={"GONGBAO_DELAY": "7"})
    assert done.stdout == "environ({'GONGBAO_DELAY': '7'}) ['-c', 'one']\n"


def test_what_a_fork_does_when_it_ends_is_done():
    assert forks.run_program("import atexit; atexit.register(print, 'at the end')").stdout == "at the end\n"


def test_a_fork_leaves_nothing_behind():
    forks.run_program("import os, sys; os.environ['LEFT'] = 'x'; sys.modules['left'] = os")
    assert forks.run_program("import os, sys; print('LEFT' in os.environ, 'left' in sys.modules)",
                             environment={**os.environ}).stdout == "False False\n"
