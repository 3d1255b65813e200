"""When Python looks for garbage: rarely, and not among what lives as long as the process."""

import gc


def calm() -> None:
    """Call once everything is imported and built.

    A step makes thousands of short-lived objects. At the default thresholds the collector costs a
    tenth of a step, most of it spent on modules, which are never garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
