"""The widget's secrets at rest."""

from loyalty.core.vault import Vault

_vault = Vault("loyalty.core.widget")
locked_away, opened = _vault.locked_away, _vault.opened
