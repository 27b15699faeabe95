"""What every store of leases promises."""

from __future__ import annotations

from abc import ABC, abstractmethod

import pytest

from common.database.ports import Checkpoints, Leases

TERM_SECONDS = 15.0


class LeasesContract(ABC):
    """A backend gives `leases` with a term of TERM_SECONDS, and a way to let time pass."""

    @pytest.fixture
    @abstractmethod
    def leases(self) -> Leases: ...

    @pytest.fixture
    @abstractmethod
    def checkpoints(self) -> Checkpoints: ...

    @abstractmethod
    def let_pass(self, seconds: float) -> None: ...

    def test_only_one_holds_a_source(self, leases: Leases) -> None:
        assert leases.acquire("default.sale") is not None
        assert leases.acquire("default.sale") is None

    def test_sources_are_held_apart(self, leases: Leases) -> None:
        sale, receipt = leases.acquire("default.sale"), leases.acquire("default.import")
        assert sale is not None
        assert receipt is not None
        assert (sale.source, receipt.source) == ("default.sale", "default.import")

    def test_every_holder_has_a_later_generation(self, leases: Leases) -> None:
        generations = []
        for _ in range(3):
            lease = leases.acquire("default.sale")
            assert lease is not None
            generations.append(lease.generation)
            leases.release(lease)
        assert generations == [1, 2, 3]

    def test_every_holder_has_a_name_of_its_own(self, leases: Leases) -> None:
        first = leases.acquire("default.sale")
        assert first is not None
        leases.release(first)
        second = leases.acquire("default.sale")
        assert second is not None
        assert first.owner != second.owner

    def test_a_refusal_uses_up_no_generation(self, leases: Leases) -> None:
        first = leases.acquire("default.sale")
        assert first is not None
        assert leases.acquire("default.sale") is None
        leases.release(first)
        second = leases.acquire("default.sale")
        assert second is not None
        assert second.generation == first.generation + 1

    def test_an_expired_lease_is_free(self, leases: Leases) -> None:
        first = leases.acquire("default.sale")
        assert first is not None
        self.let_pass(TERM_SECONDS - 1)
        assert leases.acquire("default.sale") is None
        self.let_pass(2)
        second = leases.acquire("default.sale")
        assert second is not None
        assert second.generation == first.generation + 1

    def test_a_lease_that_was_not_given_back_says_so_to_the_next_holder(self, leases: Leases) -> None:
        first = leases.acquire("default.sale")
        self.let_pass(TERM_SECONDS + 1)
        second = leases.acquire("default.sale")
        assert first is not None
        assert second is not None
        leases.release(second)
        third = leases.acquire("default.sale")
        assert third is not None
        assert (first.was_left, second.was_left, third.was_left) == (False, True, False)

    def test_a_lease_keeps_nobody_waiting_for_longer_than_its_term_when_the_clock_is_set_back(
        self, leases: Leases
    ) -> None:
        first = leases.acquire("default.sale")
        assert first is not None
        self.let_pass(-3600)
        second = leases.acquire("default.sale")
        assert second is not None
        assert second.generation == first.generation + 1
        assert not leases.renew(first)
        assert leases.acquire("default.sale") is None

    def test_a_renewed_lease_lasts_its_term_from_then(self, leases: Leases) -> None:
        lease = leases.acquire("default.sale")
        assert lease is not None
        self.let_pass(TERM_SECONDS - 1)
        assert leases.renew(lease)
        self.let_pass(TERM_SECONDS - 1)
        assert leases.acquire("default.sale") is None
        self.let_pass(2)
        assert leases.acquire("default.sale") is not None

    def test_a_lease_is_its_holders_until_somebody_takes_it(self, leases: Leases) -> None:
        first = leases.acquire("default.sale")
        assert first is not None
        self.let_pass(TERM_SECONDS + 1)
        assert leases.renew(first)
        self.let_pass(TERM_SECONDS + 1)
        second = leases.acquire("default.sale")
        assert second is not None
        assert not leases.renew(first)
        assert leases.renew(second)

    def test_a_former_owner_prolongs_nothing(self, leases: Leases) -> None:
        first = leases.acquire("default.sale")
        assert first is not None
        self.let_pass(TERM_SECONDS + 1)
        assert leases.acquire("default.sale") is not None
        self.let_pass(TERM_SECONDS - 1)
        assert not leases.renew(first)
        self.let_pass(2)
        assert leases.acquire("default.sale") is not None

    def test_a_lease_brings_the_checkpoint_as_it_is(self, leases: Leases, checkpoints: Checkpoints) -> None:
        first = leases.acquire("default.sale")
        assert first is not None
        assert first.checkpoint.window_number is None
        assert checkpoints.seed_window_number(first, 41)
        leases.release(first)
        second = leases.acquire("default.sale")
        assert second is not None
        assert second.checkpoint == checkpoints.load(["default.sale"])["default.sale"]
        assert second.checkpoint.window_number == 41

    def test_a_former_owner_cannot_release(self, leases: Leases) -> None:
        first = leases.acquire("default.sale")
        assert first is not None
        self.let_pass(TERM_SECONDS + 1)
        second = leases.acquire("default.sale")
        assert second is not None
        leases.release(first)
        assert leases.renew(second)
        assert leases.acquire("default.sale") is None

    def test_a_released_lease_is_nobodys(self, leases: Leases) -> None:
        lease = leases.acquire("default.sale")
        assert lease is not None
        leases.release(lease)
        assert not leases.renew(lease)
        leases.release(lease)
