"""A token is for departments that there are: for another it would open nothing."""

from pathlib import Path

from tests.terminal import Terminal


def test_a_department_that_nobody_knows_is_refused_with_those_there_are(tmp_path: Path) -> None:
    answer = Terminal(tmp_path).type("token", "--role", "operator", "--department", "Nope")

    assert (answer.returncode, answer.stdout) == (2, "")
    assert "there is no 'Nope'; write one of \"Customer Service\", " in answer.stderr


def test_departments_of_the_file_and_of_manifests_are_taken(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    manifest = terminal.bots / "alpha.toml"
    text = manifest.read_text()
    own = next(line for line in text.splitlines() if line.startswith("department"))
    manifest.write_text(text.replace(own, 'department = "Mine"'))

    for name in ("Human Resources", "Mine", "*"):
        answer = terminal.type("token", "--role", "auditor", "--department", name)
        assert answer.returncode == 0, answer.stderr
        assert answer.stdout.count(".") == 2
