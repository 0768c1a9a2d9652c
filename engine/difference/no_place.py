"""What a lift says of a changed fact that no application can show."""


class NoPlaceError(Exception):
    """A changed fact that cannot be written into an application; the message names it."""
