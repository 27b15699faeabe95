"""T-SQL that nobody would write: words in any order, statements with words moved about, expressions of any types."""

from __future__ import annotations

from hypothesis import strategies as st

SETTING = [
    "CREATE TABLE t (id INT NOT NULL PRIMARY KEY, n INT, d DECIMAL(10, 2), f FLOAT, s NVARCHAR(20), v VARCHAR(MAX), "
    "b VARBINARY(20), m DATETIME2(3), g UNIQUEIDENTIFIER, x BIT)",
    "INSERT INTO t (id, n, d, f, s, v, b, m, x) VALUES (1, -1, 1.5, 0.5, N'đ', 'a', 0x00, '2024-02-29', 1), "
    "(2, 2147483647, -99999999.99, 1e300, '', NULL, NULL, '9999-12-31 23:59:59.999', 0)",
    "INSERT INTO t (id) VALUES (3)",
]
"""What the statements below find."""

GENUINE = [
    "SELECT id, s FROM t AS x WHERE n > 1 AND s LIKE N'a%' ORDER BY id DESC",
    "SELECT COUNT(*), MAX(d) FROM t GROUP BY x HAVING COUNT(*) > 1",
    "SELECT TOP (2) * FROM t LEFT JOIN t AS u ON u.id = t.id + 1",
    "SELECT id FROM t ORDER BY id OFFSET 1 ROWS FETCH NEXT 1 ROWS ONLY",
    "WITH q AS (SELECT id FROM t) SELECT * FROM q UNION ALL SELECT n FROM t",
    "SELECT CASE x WHEN 1 THEN s ELSE 'none' END FROM t",
    "SELECT v.a FROM (VALUES (1), (2)) AS v (a) WHERE EXISTS (SELECT 1 FROM t WHERE id = v.a)",
    "INSERT INTO t (id, s) OUTPUT inserted.id VALUES (9, N'x'), (10, NULL)",
    "UPDATE t SET n = n + 1, s = DEFAULT OUTPUT deleted.n, inserted.n WHERE id IN (1, 2)",
    "DELETE TOP (1) FROM t WHERE n IS NOT NULL",
    "CREATE TABLE k (id BIGINT IDENTITY (1, 1), a NVARCHAR(9) NOT NULL DEFAULT 'x', CONSTRAINT pk PRIMARY KEY (id))",
    "ALTER TABLE t ADD z INT NULL, CONSTRAINT c CHECK (z > 0)",
    "ALTER TABLE t ALTER COLUMN s NVARCHAR(50) NULL",
    "ALTER TABLE t ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = ON)",
    "ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)",
    "CREATE UNIQUE INDEX i ON t (n DESC, s) WHERE n > 5",
    "DROP TABLE IF EXISTS k, t",
    "TRUNCATE TABLE t",
    "SELECT c.SYS_CHANGE_VERSION, c.id FROM CHANGETABLE(CHANGES t, 0) AS c",
    "SELECT c.SYS_CHANGE_VERSION FROM t CROSS APPLY CHANGETABLE(VERSION t, (id), (t.id)) AS c",
    "SELECT CHANGE_TRACKING_IS_COLUMN_IN_MASK(COLUMNPROPERTY(OBJECT_ID('t'), 'n', 'ColumnId'), 0x01)",
    "DECLARE @a INT = 1, @b NVARCHAR(9); SET @a += 1; SELECT @a = @a + 1, @b = 'x'; SELECT @a, @b",
    "IF @@TRANCOUNT = 0 BEGIN TRAN ELSE COMMIT; SELECT 1; IF @@TRANCOUNT > 0 ROLLBACK",
    "BEGIN TRY SELECT 1 / 0 END TRY BEGIN CATCH SELECT ERROR_NUMBER(), ERROR_MESSAGE(); THROW END CATCH",
    "RAISERROR (N'%s has %d', 16, 1, N'who', 5)",
    "SET TRANSACTION ISOLATION LEVEL SNAPSHOT; SET NOCOUNT ON; SET LOCK_TIMEOUT 10; SET XACT_ABORT ON",
    "SAVE TRAN p; ROLLBACK TRAN p",
    "EXEC sp_executesql N'SELECT @a', N'@a INT', @a = 5",
    "EXEC ('SELECT 1') PRINT 'done' USE sandbox",
    "SELECT name, type FROM sys.objects AS o JOIN sys.schemas AS s ON s.schema_id = o.schema_id",
]
"""Statements of every kind, to be spoilt."""

TYPES = [
    "BIT", "TINYINT", "SMALLINT", "INT", "BIGINT", "DECIMAL(9, 4)", "DECIMAL(38, 38)", "MONEY", "SMALLMONEY", "REAL",
    "FLOAT", "DATE", "TIME(3)", "DATETIME", "DATETIME2(0)", "SMALLDATETIME", "UNIQUEIDENTIFIER", "NVARCHAR(3)",
    "NVARCHAR(MAX)", "VARCHAR(3)", "NCHAR(2)", "CHAR(2)", "VARBINARY(3)", "VARBINARY(MAX)", "BINARY(2)", "SYSNAME",
]  # fmt: skip
FUNCTIONS = [
    "ABS", "AVG", "CEILING", "CHARINDEX", "COALESCE", "COLUMNPROPERTY", "COL_NAME", "CONCAT", "COUNT", "DATALENGTH",
    "DATABASEPROPERTYEX", "DAY", "DB_ID", "DB_NAME", "FLOOR", "HAS_PERMS_BY_NAME", "IDENT_CURRENT", "IIF", "ISNULL",
    "LEFT", "LEN", "LOWER", "LTRIM", "MAX", "MIN", "MONTH", "NEWID", "NULLIF", "OBJECT_ID", "OBJECT_NAME",
    "OBJECT_SCHEMA_NAME", "QUOTENAME", "REPLACE", "RIGHT", "RTRIM", "SCHEMA_ID", "SCHEMA_NAME", "SERVERPROPERTY",
    "SUBSTRING", "SUM", "SYSUTCDATETIME", "TRIM", "TYPE_NAME", "UPPER", "USER_NAME", "XACT_STATE", "YEAR",
    "CHANGE_TRACKING_CURRENT_VERSION", "CHANGE_TRACKING_MIN_VALID_VERSION", "CHANGE_TRACKING_IS_COLUMN_IN_MASK",
    "STUFF",
]  # fmt: skip
CONSTANTS = [
    "NULL", "0", "1", "-1", "2147483648", "9223372036854775807", "99999999999999999999999999999999999999", "1.50",
    "-0.0000001", "1e308", "1e-400", "''", "' '", "'a'", "N'đ'", "'2024-02-29'", "'2024-02-30'", "'1,5'", "'0x1F'",
    "0x", "0x00", "0xDEADBEEF", "'6F9619FF-8B86-D011-B42D-00C04FC964FF'", "'%'", "'[a-'", "N'\U0001f600'", "DEFAULT",
    "@@TRANCOUNT", "@@ROWCOUNT", "@@ERROR", "@@SPID", "@a", "@P1", "*",
]  # fmt: skip
COLUMNS = ["id", "n", "d", "f", "s", "v", "b", "m", "g", "x", "t.id", "u.n", "nothing", "[s]", "inserted.id"]
SIGNS = ["+", "-", "*", "/", "%", "&", "|", "^", "=", "<>", "<", ">=", "!<", "LIKE", "AND", "OR", "IS", "IN", "||", "."]
DATE_PARTS = ["year", "month", "day", "hour", "second", "millisecond", "nanosecond", "weekday", "q", "nothing"]
STYLES = ["", ", 0", ", 1", ", 23", ", 121", ", 126", ", 999", ", -1", ", NULL", ", 'x'"]
OTHER_WORDS = [
    "FROM",
    "WHERE",
    "(",
    ")",
    ",",
    ";",
    "AS",
    "BY",
    "ON",
    "--",
    "/*",
    "'",
    "[",
    "]",
    "#t",
    "##",
    "@",
    "$",
    "{",
]


def _expressions(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(inner, max_size=4).map(", ".join)
    return st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(SIGNS), inner),
        st.builds("{}({})".format, st.sampled_from(FUNCTIONS), several),
        st.builds("CAST({} AS {})".format, inner, st.sampled_from(TYPES)),
        st.builds("CONVERT({}, {}{})".format, st.sampled_from(TYPES), inner, st.sampled_from(STYLES)),
        st.builds("CASE WHEN {} = {} THEN {} ELSE {} END".format, inner, inner, inner, inner),
        st.builds("CASE {} WHEN {} THEN {} END".format, inner, inner, inner),
        st.builds("(SELECT {} FROM t AS u)".format, inner),
        st.builds("(SELECT TOP (1) {} FROM t AS u WHERE {} = {})".format, inner, inner, inner),
        st.builds("DATEADD({}, {}, {})".format, st.sampled_from(DATE_PARTS), inner, inner),
        st.builds("DATEDIFF({}, {}, {})".format, st.sampled_from(DATE_PARTS), inner, inner),
        st.builds("DATEPART({}, {})".format, st.sampled_from(DATE_PARTS), inner),
        st.builds("COUNT(DISTINCT {})".format, inner),
        st.builds("{} {}".format, st.sampled_from(["-", "+", "~", "NOT"]), inner),
        st.builds("{} COLLATE Latin1_General_BIN2".format, inner),
    )


expressions = st.recursive(st.sampled_from(CONSTANTS + COLUMNS), _expressions, max_leaves=6)
"""Well-formed as a rule, and of types that rarely go together."""

conditions = st.one_of(
    st.builds("{} {} {}".format, expressions, st.sampled_from(["=", "<>", "<", "LIKE", "NOT LIKE"]), expressions),
    st.builds("{} BETWEEN {} AND {}".format, expressions, expressions, expressions),
    st.builds("{} IN ({}, {})".format, expressions, expressions, expressions),
    st.builds("{} IS NOT NULL".format, expressions),
    st.builds("EXISTS (SELECT {} FROM t AS u WHERE u.id = t.id)".format, expressions),
    st.builds("{} LIKE {} ESCAPE {}".format, expressions, expressions, expressions),
)

queries = st.one_of(
    st.builds("SELECT {}".format, expressions),
    st.builds("SELECT {}, {} FROM t".format, expressions, expressions),
    st.builds("SELECT id FROM t WHERE {}".format, conditions),
    st.builds("SELECT {} FROM t GROUP BY {}".format, expressions, expressions),
    st.builds("SELECT MAX({}) FROM t HAVING {}".format, expressions, conditions),
    st.builds("SELECT TOP ({}) id FROM t ORDER BY {}".format, expressions, expressions),
    st.builds("SELECT id FROM t ORDER BY id OFFSET {} ROWS".format, expressions),
    st.builds("SELECT {} UNION SELECT {}".format, expressions, expressions),
    st.builds("SELECT q.a FROM (VALUES ({}), ({})) AS q (a)".format, expressions, expressions),
    st.builds("WITH q AS (SELECT {} AS a FROM t) SELECT a, {} FROM q".format, expressions, expressions),
)

changes = st.one_of(
    st.builds("INSERT INTO t (id, {}) VALUES (9, {})".format, st.sampled_from(COLUMNS), expressions),
    st.builds("INSERT INTO t (id, s) SELECT {}, {} FROM t".format, expressions, expressions),
    st.builds("UPDATE t SET {} = {} WHERE {}".format, st.sampled_from(COLUMNS), expressions, conditions),
    st.builds("UPDATE t SET {} = {} OUTPUT {}".format, st.sampled_from(COLUMNS), expressions, expressions),
    st.builds("DELETE FROM t OUTPUT {} WHERE {}".format, expressions, conditions),
    st.builds("CREATE TABLE k (a {} DEFAULT {}, CHECK ({}))".format, st.sampled_from(TYPES), expressions, conditions),
    st.builds("ALTER TABLE t ADD z {} DEFAULT {}".format, st.sampled_from(TYPES), expressions),
    st.builds("ALTER TABLE t ALTER COLUMN {} {}".format, st.sampled_from(COLUMNS), st.sampled_from(TYPES)),
)

steps = st.one_of(
    st.builds("DECLARE @a {} = {}; SELECT @a".format, st.sampled_from(TYPES), expressions),
    st.builds("DECLARE @a INT; SET @a = {}; SELECT @a = {} FROM t".format, expressions, expressions),
    st.builds("IF {} SELECT 1 ELSE PRINT {}".format, conditions, expressions),
    st.builds("THROW {}, {}, {}".format, expressions, expressions, expressions),
    st.builds("RAISERROR ({}, {}, {}, {})".format, expressions, expressions, expressions, expressions),
    st.builds("BEGIN TRY SELECT {} END TRY BEGIN CATCH SELECT {} END CATCH".format, expressions, expressions),
    st.builds("EXEC sp_executesql N'SELECT @a', N'@a {}', {}".format, st.sampled_from(TYPES), expressions),
    st.builds("EXEC sp_datatype_info {}".format, expressions),
    st.builds("EXEC ({})".format, expressions),
    st.builds("SELECT * FROM CHANGETABLE(CHANGES t, {}) AS c".format, expressions),
)

_words = st.sampled_from(
    sorted({word for statement in GENUINE for word in statement.split()})
    + CONSTANTS + COLUMNS + SIGNS + FUNCTIONS + TYPES + OTHER_WORDS
)  # fmt: skip

soup = st.lists(_words, max_size=12).map(" ".join)
"""Words in any order."""


@st.composite
def _spoilt(draw: st.DrawFn) -> str:
    words = draw(st.sampled_from(GENUINE)).split()
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(words) - 1))
        end = draw(st.integers(place, min(place + 3, len(words))))
        words[place:end] = draw(st.lists(_words, max_size=2))
        words = words or ["SELECT"]
    return " ".join(words)


spoilt = _spoilt()
"""Statements with some of their words lost, replaced, or with others in between."""
