"""Guards around what people type: settings, the file of sources, and what is shown of it."""

from __future__ import annotations

from tests.mutants.mutant import becomes, gives, mutant, never

ENV_FILE = "tests/unit/common/test_env_file.py::"
CONFIG = "tests/unit/common/test_config.py::"

TYPED_PLAN = (
    mutant(
        "a name that is misspelt is told",
        "a setting that somebody wrote is left out in silence",
        never("misspelt-name"),
        red=ENV_FILE + "test_a_problem_is_one_line_with_its_number",
    ),
    mutant(
        "a name has one value",
        "of two values the one is taken that somebody had left behind",
        never("said-twice"),
        red=ENV_FILE + "test_a_problem_is_one_line_with_its_number",
    ),
    mutant(
        "nothing stands behind the quotes",
        "half of a password is taken for all of it",
        never("nothing-behind-quotes"),
        red=ENV_FILE + "test_a_problem_is_one_line_with_its_number",
    ),
    mutant(
        "no escapes in double quotes",
        "a value is one thing to relay and another to docker compose",
        never("no-escapes"),
        red=ENV_FILE + "test_a_problem_is_one_line_with_its_number",
    ),
    mutant(
        "no quote behind a backslash",
        "a value ends for relay, and goes on for docker compose",
        never("no-quote-behind-a-backslash"),
        red=ENV_FILE + "test_a_backslash_before_the_closing_quote_is_told",
    ),
    mutant(
        "no blanks that only look like spaces",
        "what was copied with a password is a part of it to relay, and not to docker compose",
        never("no-odd-blanks"),
        red=ENV_FILE + "test_a_blank_that_looks_like_a_space_is_no_part_of_an_end",
    ),
    mutant(
        "no comment behind a secret",
        "half of a password is taken for all of it",
        never("no-comment-in-secret"),
        red=ENV_FILE + "test_a_problem_is_one_line_with_its_number",
    ),
    mutant(
        "no setting is taken for a line of somebody else's",
        "a setting that somebody wrote is left out in silence",
        never("own-lines-not-skipped"),
        red=ENV_FILE + "test_a_quote_of_somebody_elses_hides_no_setting",
    ),
    mutant(
        "nothing unseen in a setting",
        "a login is refused for a line end that nobody sees",
        never("nothing-unseen"),
        red=CONFIG + "test_a_character_that_nobody_sees_is_told",
    ),
    mutant(
        "a service link is told",
        "somebody looks for a port that they never set",
        never("no-service-link"),
        red=CONFIG + "test_the_port_that_kubernetes_sets_is_told_where_it_is_used",
    ),
    mutant(
        "what is not used is not checked",
        "relay does not start where Kubernetes has a service called redis",
        never("unused-not-checked"),
        red=CONFIG + "test_what_is_not_used_is_not_checked",
    ),
    mutant(
        "a collation that counts case",
        "rows that are written in another case than the source are waited for in vain, and nothing says so",
        gives("collation-counts-case", "False"),
        red="tests/unit/common/test_pending_value.py::test_which_collations_count_case",
    ),
    mutant(
        "data has no effect on a terminal",
        "a row draws over what a person reads, or forges a line of it",
        gives("data-escaped", "text[:longest]"),
        red="tests/unit/common/test_escaping.py::test_what_has_an_effect_is_written_out",
    ),
    mutant(
        "data is no markup",
        "a command ends in a traceback for what stands in a row",
        becomes("no-markup-in-cells", 'return Text.from_markup("\\n".join(escaped(line) for line in lines))'),
        red="tests/unit/relay/cli/test_console.py::test_no_data_is_markup",
    ),
    mutant(
        "a field of the log is on its line",
        "a row forges a line of the log",
        never("log-of-one-line"),
        red="tests/unit/common/test_logging.py::test_a_field_forges_no_line",
    ),
    mutant(
        "a traceback's lines are indented",
        "an exception's text forges a line of the log",
        gives("traceback-indented", "text"),
        red="tests/unit/common/test_logging.py::test_an_exceptions_text_forges_no_line",
    ),
)
