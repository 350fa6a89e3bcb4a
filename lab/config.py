"""<dir>/tutti.toml: the controller's configuration for this lab."""

from __future__ import annotations

from lab import registry_service as registry
from lab.topology import (CONTROLLER, PAGE_PORT, PARENT, PARENTS, POWERDNS_API, SERVERS, SIGNERS, UPDATE_KEY, Settings, addresses, host_zone,
                          name_servers)


def toml_list(values: list[str]) -> str:
    return "[" + ", ".join(f'"{v}"' for v in values) + "]"


def text(settings: Settings) -> str:
    path = settings.path
    tsig = f'tsig = {{ name = "{UPDATE_KEY}", algorithm = "hmac-sha256", secret = {{ file = "{path}/ctl.secret" }} }}\n'
    out = f"""\
[daemon]
socket = "{path}/tutti.sock"
database = "{path}/tutti.db"
notify = ["{CONTROLLER}:53"]
resolver = "{SERVERS['default'].address}:53"
trust_anchor = "{path}/root.key"
"""
    if settings.page:
        out += f'\n[api]\nlisten = ["127.0.0.1:{PAGE_PORT}"]\npublic_read = true\n'
    if settings.insecure:
        out += f"[policy]\nds_ttl = {settings.ttls.ds}\n"
    for signer, (primary, _) in SIGNERS.items():
        out += f"\n[signer.{signer}]\n"
        if primary.brand == "powerdns":
            out += f'driver = "powerdns"\nurl = "{POWERDNS_API}"\napi_key = {{ file = "{path}/pdns.key" }}\n'
        else:
            out += f'driver = "rfc2136"\nupdate = "{primary.address}:53"\n{tsig}transfer = true\n'
        out += f"servers = {toml_list([a + ':53' for a in addresses(signer)])}\n"
        if settings.insecure:
            out += f'signal_zones = ["{host_zone(signer)}"]\n'
        out += f"ns = {toml_list(name_servers(signer))}\n"
    out += f"\n[parent.{PARENT.rstrip('.')}]\n"
    out += f"servers = {toml_list([s.address + ':53' for s in PARENTS])}\n"
    if settings.parent_mode == "direct":
        out += f'driver = "rfc2136"\nupdate = "{PARENTS[0].address}:53"\n{tsig}'
    elif settings.parent_mode == "epp":
        out += 'driver = "epp"\n' + registry.client_settings(settings)
    else:
        out += 'driver = "cds"\n'
    return out
