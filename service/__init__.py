"""What an answer is: bytes in, reply out. Knows HTTP, no framework."""

from service.problem import Problem
from service.reply import Reply
from service.service import Service
from service.settings import Settings

__all__ = ["Problem", "Reply", "Service", "Settings"]
