"""Schemathesis reads the published document and tries to find an answer that does not keep to it."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi import checks as spec_checks

from loyalty.wsgi import application
from tests.api.test_rights import everything


@pytest.fixture
def document(call):
    """The document as a client loads it, from the running application, with a shop that has one of everything."""
    everything(call, "ana")
    found = schemathesis.openapi.from_wsgi(
        "/api/v1/schema", application, headers={"Accept": "application/json"}
    )
    found.secret = call.secret
    return found


schema = schemathesis.pytest.from_fixture("document")


@schema.parametrize()
@settings(max_examples=12, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
          suppress_health_check=list(HealthCheck))  # fmt: skip
def test_every_answer_keeps_to_the_document(case, call):
    case.call_and_validate(
        headers={"Authorization": f"Bearer {call.secret}"},
        # A request that the schema allows may still make no sense in this shop (an unknown member, another currency).
        excluded_checks=[spec_checks.positive_data_acceptance],
    )
