"""What several test files of one topic have in common; one that has its own is used there."""

import pytest
from unit.progress_kit import Clock

from nbkit.progress import ProgressManager
from nbkit.session_manager import SessionManager


@pytest.fixture
def clock():
    """A clock that stands still until it is set."""
    return Clock()


@pytest.fixture
def manager(clock):
    """A progress manager on that clock."""
    return ProgressManager(clock=clock)


@pytest.fixture
def progress():
    """A progress manager on the clock of the world."""
    return ProgressManager()


@pytest.fixture
def session_manager(progress):
    return SessionManager(progress)
