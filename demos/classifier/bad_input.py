"""The one kind of error that is the user's to mend."""


class BadInputError(Exception):
    """What is wrong with a file or an option, in one line that names it and says how to mend it."""
