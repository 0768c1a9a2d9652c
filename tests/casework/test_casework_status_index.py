"""The index of all status lists is signed when a list changes or grows old, not for every caller."""

from tests.casework.house import submit


class Counting:
    """The signer of the lists, counted; a module may give other bytes each time."""

    def __init__(self, signer):
        self.kid, self.public_key, self._signer, self.count = signer.kid, signer.public_key, signer, 0

    def sign(self, message):
        self.count += 1
        return self._signer.sign(message)


async def test_the_index_is_signed_once_until_a_list_changes_or_ages(world, service):
    await submit(service, "individual/05-bakery")
    signer = service.statuses.signer = Counting(service.statuses.signer)
    first = service.statuses.index()
    assert service.statuses.index() == first
    assert signer.count == 2  # the list and the index
    service.statuses.changed()
    world.clock.move(seconds=1)
    assert service.statuses.index() != first
    assert signer.count == 4
    world.clock.move(minutes=6)
    service.statuses.index()
    assert signer.count == 6
