"""The public names of this room; `__init__.py` loads each of them when it is first used."""

from .agreements import Agreement as Agreement
from .agreements import read_agreements as read_agreements
from .review import AgreementReview as AgreementReview
from .review import review_agreements as review_agreements
