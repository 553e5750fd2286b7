"""What says that something has gone on to a later state of a library than the one being read."""


class Outdated(Exception):
    """A state of the store is read that what follows it has left behind; read the next one.

    Nobody outside meets it: `Library.at_one_state` answers it by asking again.
    """
