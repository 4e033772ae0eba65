"""What a meter's refusal means, told on standard error."""

import sys

from dcud.dlms.access import ResultCode
from dcud.dlms.refusal_causes import Explanation, explain_result


def explain(words: str, explanation: Explanation) -> None:
    """Tell cause and remedy of what the meter calls `words`."""
    print(f"{words}: {explanation.cause}", file=sys.stderr)
    if explanation.remedy:
        print(f"  remedy: {explanation.remedy}", file=sys.stderr)


def explain_refusal(result: ResultCode) -> None:
    """Tell cause and remedy of a data-access-result or an action-result."""
    explain(result.words, explain_result(result))
