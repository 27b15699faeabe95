"""Guards around what is said: no password, and nothing of a row."""

from __future__ import annotations

from tests.mutants.mutant import becomes, gives, gone, mutant, never

TEST_URLS = "tests/unit/common/test_urls.py::"
TEST_URI = "tests/unit/common/test_mongo_uri.py::"
TEST_TEXT = "tests/unit/common/test_error_text.py::"
TEST_LOG = "tests/integration/test_logging.py::"
TEST_BROKER = "tests/unit/relay/broker/test_settings.py::"
TEST_SECRETS = "tests/unit/relay/broker/test_secrets.py::"
TEST_TLS = "tests/integration/relay/test_tls.py::"
TEST_ENCRYPTION = "tests/unit/relay/broker/test_encryption.py::"

SECRETS_PLAN = (
    mutant(
        "a URL is taken apart by relay",
        "the end of a password with a / is taken for a path, its beginning for a host that is told as one that is away",
        never("url-taken-apart"),
        red=TEST_URLS + "test_what_cannot_be_read_is_told_by_the_character_to_escape[redis://u:12/34@host/0-write / as"
        " %2F]",
    ),
    mutant(
        "control characters",
        "urllib leaves a tab out of a password in silence, and it is refused for ever",
        never("control-characters"),
        red=TEST_URLS + "test_what_cannot_be_read_is_told_by_the_character_to_escape[redis://:hun\\tter2@host-a control"
        " character (U+0009)]",
    ),
    mutant(
        "a user has a password",
        "a password that stands in the user's place is printed by Celery at its start",
        never("no-user-alone"),
        red=TEST_URLS + "test_what_cannot_be_read_is_told_by_the_character_to_escape[redis://hunter2@host/0-a user"
        " without a password: write :password@host]",
    ),
    mutant(
        "hosts have names of hosts",
        "the end of a password is told as a host that is away",
        never("host-of-letters"),
        red=TEST_URLS + "test_what_cannot_be_read_is_told_by_the_character_to_escape[redis://u:pw@hunter$2/0-a"
        " character that no host's name has]",
    ),
    mutant(
        "what kombu reads by itself is checked: the way to log in",
        "py-amqp raises a defect that quotes it, at every try",
        never("kombus-own-checked"),
        red=TEST_BROKER + "test_an_option_in_the_url_that_cannot_be_is_one_line[amqp://host?login_method=broker-pw"
        "-None-login_method must be one of PLAIN, AMQPLAIN]",
    ),
    mutant(
        "what kombu reads by itself is checked: the heartbeat",
        "kombu raises a defect that quotes it",
        never("heartbeat-is-a-number"),
        red=TEST_BROKER + "test_an_option_in_the_url_that_cannot_be_is_one_line[amqp://host?heartbeat=broker-pw"
        "-None-heartbeat must be a number of seconds above 0, 60 at most]",
    ),
    mutant(
        "MongoDB's driver takes the URI",
        "it refuses only when somebody connects, as a refusal that relay does not know",
        gives("mongo-client-takes-it", "None"),
        red=TEST_URI + "test_what_cannot_be_read_is_one_sentence[mongodb://hunter2@host-A password is required]",
    ),
    mutant(
        "the broker's URL is read before kombu does",
        "urllib's error quotes user and password",
        never("broker-url-read"),
        red="tests/unit/relay/broker/test_settings.py::test_what_is_no_broker_is_refused_in_one_line[redis://:broker-pw"
        "@one@host:port/0-is no port]",
    ),
    mutant(
        "MongoDB's URI is taken apart by relay",
        "the beginning of a password is taken for a host that is told as one that is away",
        never("mongo-uri-taken-apart"),
        red=TEST_URI + "test_what_cannot_be_read_is_one_sentence[mongodb://u:12?34@host-write ? as %3F]",
    ),
    mutant(
        "an option that nobody knows may be a password's end",
        "the driver warns of it by name",
        never("unknown-name-may-be-secret"),
        red=TEST_URI + "test_what_cannot_be_read_is_one_sentence[mongodb://u:p@x?hunter=2@host-in a password it is"
        " written ? as %3F]",
    ),
    mutant(
        "MongoDB's client shows no option",
        "the password of its key stands in the repr of each collection",
        gives("client-without-options", "super().__repr__()"),
        red=TEST_SECRETS + "test_nothing_that_is_made_of_the_settings_shows_one[redis://user:broker-pw@host:1/0]",
    ),
    mutant(
        "Celery's configuration shows no password",
        "the repr of app.conf holds the broker's",
        gives("configuration-without-password", "self.url"),
        red=TEST_SECRETS + "test_nothing_that_is_made_of_the_settings_shows_one[redis://user:broker-pw@host:1/0]",
    ),
    mutant(
        "SQL Server's errors are raised without values",
        "who catches one from `relay.scan_once` and prints it shows a row",
        gone("errors-without-values"),
        red=TEST_LOG + "test_nothing_is_shown[INFO-console]",
    ),
    mutant(
        "statements are told without their parameters",
        "each error that SQLAlchemy raises shows the row's key",
        gives("parameters-hidden", "False"),
        red=TEST_LOG + "test_nothing_is_shown[INFO-console]",
    ),
    mutant(
        "MongoDB's errors are raised without documents",
        "who catches one from `relay.scan_once` and prints it shows whole documents",
        gone("documents-left-out"),
        red=TEST_LOG + "test_nothing_is_shown[INFO-console]",
    ),
    mutant(
        "what libraries log of an error is told without values",
        "Celery logs the error of a task by its repr",
        gone("library-logs-without-values"),
        red=TEST_LOG + "test_nothing_is_shown[INFO-console]",
    ),
    mutant(
        "libraries tell no commands, however relay logs",
        "with RELAY_LOG_LEVEL=DEBUG pymongo logs each document",
        gone("no-rows-when-debugging"),
        red=TEST_LOG + "test_nothing_is_shown[DEBUG-console]",
    ),
    mutant(
        "messages of SQL Server that quote",
        "a duplicate key is told with its value",
        gives("quotes-of-sql-server", "None"),
        red="tests/unit/common/test_sql_server_text.py::test_numbers_and_states_stay_where_they_are_looked_for",
    ),
    mutant(
        "who said it stays",
        "an error that is told without what it quotes has no number any more: one that passes is a defect",
        gives("speaker-stays", "''"),
        red=TEST_TEXT + "test_what_an_error_quotes_is_not_taken_for_its_number_nor_lost_with_it",
    ),
    mutant(
        "numbers stand behind messages",
        "a value of 1205 in a duplicate key is taken for a deadlock",
        gives("numbers-behind-messages", "re.search('[(]([0-9]+)[)]', text)"),
        red=TEST_TEXT + "test_what_an_error_quotes_is_not_taken_for_its_number_nor_lost_with_it",
    ),
    mutant(
        "that a login is asked for",
        "who has no user in MONGO_URI is told to grant it a right",
        gives("login-is-asked-for", "None"),
        red=TEST_TEXT + "test_what_happened_is_told",
    ),
    mutant(
        "what other errors quote",
        "a ValueError tells the text that was no number",
        gives("quotes-left-out", "str(error)"),
        red=TEST_TEXT + "test_a_traceback_shows_the_chain_in_clean_words",
    ),
    mutant(
        "a cursor is closed twice in silence",
        "an error in the middle of a read is logged twice, with a traceback",
        becomes("closed-twice", "self._cursor.close()"),
        red="tests/unit/common/test_cancellation.py::test_a_cursor_that_the_driver_closed_is_closed_in_silence",
    ),
    mutant(
        "names in the suggested file are seen",
        "a table's name turns the text on the terminal around",
        gives("suggested-file-seen", "text"),
        red="tests/unit/relay/sources/test_suggest.py::test_nothing_in_the_file_steers_a_terminal",
    ),
    mutant(
        "a server's certificate is checked",
        "kombu takes a bare rediss:// for one whose certificate nobody checks: anybody in between reads the password",
        gives("certificates-checked", "{'ssl_cert_reqs': ssl.CERT_NONE, **chosen}"),
        red=TEST_TLS + "test_nobody_gets_in_without_the_right_certificates[another authority]",
    ),
    mutant(
        "certificates are tried at the start",
        "the key of another certificate is met by each try to connect alone",
        never("certificates-tried"),
        red=TEST_ENCRYPTION + "test_certificates_are_tried_before_anything_connects",
    ),
    mutant(
        "authorities are tried at the start",
        "a key that stands in the place of the authority's certificate is met by each try to connect alone",
        never("authorities-loaded"),
        red=TEST_ENCRYPTION + "test_certificates_are_tried_before_anything_connects",
    ),
    mutant(
        "relay's own certificate is tried at the start",
        "OpenSSL asks for the key's password on the terminal, at each try to connect",
        never("own-certificate-loaded"),
        red=TEST_ENCRYPTION + "test_certificates_are_tried_before_anything_connects",
    ),
    mutant(
        "ciphers are tried at the start",
        "no connection can be made, and the certificates are blamed",
        never("ciphers-set"),
        red=TEST_ENCRYPTION + "test_what_cannot_be_is_one_line[amqps://h-options10-RELAY_BROKER_OPTIONS: ssl: ciphers"
        " is no list]",
    ),
    mutant(
        "truths of TLS are truths",
        "ssl_validate_ocsp=true is a text, which redis-py takes for no",
        never("truths-of-tls"),
        red=TEST_ENCRYPTION + "test_ssl_is_celerys_broker_use_ssl[rediss://host?ssl_check_hostname=false-None-wanted7]",
    ),
    mutant(
        "versions of TLS are Python's",
        "each try to connect is a TypeError",
        never("versions-of-tls"),
        red=TEST_ENCRYPTION + "test_a_version_is_written_as_a_text[1.2]",
    ),
    mutant(
        "the name in RabbitMQ's certificate is checked",
        "any certificate of the same authority will do",
        gives("name-in-the-certificate", "{}"),
        red=TEST_ENCRYPTION + "test_ssl_is_celerys_broker_use_ssl[amqps://-None-wanted10]",
    ),
)
