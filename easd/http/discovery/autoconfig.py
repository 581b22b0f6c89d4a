"""Thunderbird's autoconfig (draft-ietf-mailmaint-autoconfig): the servers of a domain."""

from lxml import etree

from easd.http.discovery.place import EAS, MailServer


def autoconfig(domain: str, base: str, imap: MailServer | None, smtp: MailServer | None) -> bytes:
    """The configuration for all addresses of a domain; the client puts the address in."""
    root = etree.Element("clientConfig", version="1.1")
    provider = etree.SubElement(root, "emailProvider", id=domain)
    for name, text in (("domain", domain), ("displayName", domain), ("displayShortName", domain)):
        etree.SubElement(provider, name).text = text
    if imap is not None:
        _server(provider, "incomingServer", "imap", imap)
    _eas(provider, base)
    if smtp is not None:
        _server(provider, "outgoingServer", "smtp", smtp)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)


def _server(provider: etree._Element, name: str, kind: str, server: MailServer) -> None:
    element = etree.SubElement(provider, name, type=kind)
    etree.SubElement(element, "hostname").text = server.host
    etree.SubElement(element, "port").text = str(server.port)
    etree.SubElement(element, "socketType").text = "SSL" if server.tls_at_once else "STARTTLS"
    etree.SubElement(element, "authentication").text = "password-cleartext"
    etree.SubElement(element, "username").text = "%EMAILADDRESS%"


def _eas(provider: etree._Element, base: str) -> None:
    element = etree.SubElement(provider, "incomingServer", type="activesync")
    etree.SubElement(element, "url").text = f"{base}{EAS}"
    etree.SubElement(element, "authentication").text = "http-basic"
    etree.SubElement(element, "username").text = "%EMAILADDRESS%"
