"""Random histories of a tracked database, driven through the driver and compared with a model."""

import pytest

pytest.register_assert_rewrite(f"{__name__}.answers", f"{__name__}.player")
