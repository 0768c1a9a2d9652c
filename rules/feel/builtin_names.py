"""The names of the built-in functions (DMN 1.5, 10.3.4), which the reader of names must know before anything else.

A test holds this list against the functions that are there.
"""

BUILTIN_NAMES: frozenset[str] = frozenset(
    """
    date; date and time; time; number; string; duration; years and months duration; not;
    substring; string length; upper case; lower case; substring before; substring after; replace; contains;
    starts with; ends with; matches; split; string join;
    list contains; count; min; max; sum; mean; all; any; sublist; append; concatenate; insert before; remove;
    list replace; reverse; index of; union; distinct values; flatten; product; median; stddev; mode;
    decimal; floor; ceiling; round up; round down; round half up; round half down; abs; modulo; sqrt; log; exp;
    odd; even; random number; is; day of year; day of week; month of year; week of year; now; today;
    before; after; meets; met by; overlaps; overlaps before; overlaps after; finishes; finished by; includes; during;
    starts; started by; coincides; range; sort; get value; get entries; context; context put; context merge
    """.replace("\n", " ").split(";")
)
BUILTIN_NAMES = frozenset(" ".join(name.split()) for name in BUILTIN_NAMES)
