"""Where a folder from elsewhere goes: a special one into ours of that kind, the others under their name."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from easd.admin.refused import Refused
from easd.eas.status import EasError
from easd.model.folder import Folder, FolderType, ItemClass
from easd.service import folders
from easd.service.ports import Writing

_ATTRIBUTES: Final = {
    "\\inbox": "Inbox",
    "\\drafts": "Drafts",
    "\\sent": "Sent Items",
    "\\trash": "Deleted Items",
    "\\junk": "Junk Email",
    "\\spam": "Junk Email",
    "\\archive": "Archive",
    "\\all": "Archive",
}
"""RFC 6154 section 2, and what was said before it (XLIST)."""

EVERYTHING: Final = "\\all"
"""RFC 6154: a folder that shows the messages of all others."""
SHOWS_OTHERS: Final = frozenset({"\\flagged", "\\important"})
"""RFC 6154, RFC 8457: folders that only show messages of others."""

_NAMES: Final = {
    "Drafts": (
        "draft|drafts|entwürfe|brouillons|borradores|rascunhos|bozze|concepten|utkast|kladder|luonnokset|"
        "koncepty|wersje robocze|rozpracované|piszkozatok|schițe|taslaklar|черновики|чернетки|πρόχειρα|"
        "下書き|草稿|草稿箱|임시 보관함|مسودات|טיוטות"
    ),
    "Sent Items": (
        "sent|sent items|sent messages|sent mail|gesendet|gesendete elemente|gesendete objekte|envoyés|"
        "éléments envoyés|messages envoyés|enviados|elementos enviados|itens enviados|mensajes enviados|"
        "inviata|posta inviata|elementi inviati|verzonden|verzonden items|verzonden berichten|skickat|"
        "skickade objekt|sendte elementer|sendte|sendt post|sendt|lähetetyt|lähetetyt kohteet|"
        "elementy wysłane|wysłane|odeslaná pošta|odeslané|elküldött elemek|elküldött|elemente trimise|"
        "trimise|gönderilmiş öğeler|gönderilenler|отправленные|надіслані|απεσταλμένα|送信済みアイテム|"
        "送信済み|已发送邮件|已发送|寄件備份|보낸 편지함|العناصر المرسلة|פריטים שנשלחו"
    ),
    "Deleted Items": (
        "trash|deleted|deleted items|deleted messages|bin|papierkorb|gelöschte elemente|gelöschte objekte|"
        "corbeille|éléments supprimés|papelera|elementos eliminados|lixo|lixeira|itens excluídos|cestino|"
        "posta eliminata|prullenbak|verwijderde items|papperskorg|papperskorgen|borttaget|slettede elementer|"
        "slettet post|papirkurv|roskakori|poistetut|kosz|elementy usunięte|koš|odstraněná pošta|lomtár|"
        "törölt elemek|elemente șterse|çöp kutusu|silinmiş öğeler|удаленные|корзина|видалені|κάδος|"
        "διεγραμμένα|削除済みアイテム|ごみ箱|已删除邮件|已删除|刪除的郵件|지운 편지함|휴지통|"
        "العناصر المحذوفة|פריטים שנמחקו"
    ),
    "Junk Email": (
        "junk|junk email|junk e-mail|junk mail|spam|bulk mail|spamverdacht|junk-e-mail|werbung|"
        "courrier indésirable|indésirables|pourriel|correo no deseado|lixo eletrônico|lixo eletrónico|"
        "posta indesiderata|ongewenste e-mail|ongewenste reclame|skräppost|skräp|uønsket e-post|uønsket mail|"
        "søppelpost|roskaposti|wiadomości-śmieci|nevyžádaná pošta|levélszemét|mesaje nedorite|"
        "önemsiz e-posta|önemsiz|нежелательная почта|спам|небажана пошта|ανεπιθύμητα|迷惑メール|垃圾邮件|"
        "垃圾郵件|정크 메일|스팸|البريد غير المرغوب|דואר זבל"
    ),
    "Archive": (
        "archive|archives|archiv|archivo|arquivo|arquivo morto|archivio|archief|arkiv|arkisto|archiwum|архив|archív"
    ),
}
"""What servers and clients call these folders: WorkMail, Exchange, Dovecot, Courier, Gmail, Apple Mail, Thunderbird."""


_ROLES: Final = {name: role for role, names in _NAMES.items() for name in names.split("|")}


@dataclass(frozen=True, slots=True)
class Listed:
    """A folder elsewhere: its name there, its way from the root, its attributes in lower case, and whether it holds
    messages.
    """

    name: str
    path: tuple[str, ...]
    attributes: frozenset[str] = frozenset()
    selectable: bool = True


@dataclass(slots=True)
class Places:
    """Which folder takes what each folder elsewhere holds."""

    _special: dict[tuple[str, ...], str] = field(default_factory=dict)

    @classmethod
    def of(cls, listed: Sequence[Listed]) -> "Places":
        """Attributes count before names, and names only at the root; each special folder is taken once, but for those
        that two attributes name.
        """
        special = {each.path: role for each in listed for role in [_by_attribute(each)] if role}
        special |= {each.path: "Inbox" for each in listed if _is_inbox(each.path)}
        claimed = set(special.values())
        for each in listed:
            role = _ROLES.get(key(each.path[-1])) if len(each.path) == 1 else None
            if role and role not in claimed and each.path not in special:
                special[each.path] = role
                claimed.add(role)
        return cls(special)

    def told(self, path: tuple[str, ...]) -> str:
        """For people: where it goes."""
        if path in self._special:
            return self._special[path]
        return path[-1] if len(path) == 1 else f"{self.told(path[:-1])}/{path[-1]}"

    def place(self, box: Writing, path: tuple[str, ...], most: int) -> Folder:
        """The folder that takes it, made if it is not there. Refused if there would be more than `most` folders."""
        role = self._special.get(path)
        if role == "Inbox":
            return box.special(FolderType.INBOX)
        if role is not None:
            return _within(box, 0, role, most)
        parent = self.place(box, path[:-1], most).id if len(path) > 1 else 0
        return _within(box, parent, path[-1], most)


def key(name: str) -> str:
    """Equal for names that people take for one."""
    return unicodedata.normalize("NFC", name).casefold().strip()


def _by_attribute(listed: Listed) -> str | None:
    return next((_ATTRIBUTES[each] for each in sorted(listed.attributes) if each in _ATTRIBUTES), None)


def _is_inbox(path: tuple[str, ...]) -> bool:
    """INBOX is the one name whose letter case never counts (RFC 3501 section 5.1)."""
    return len(path) == 1 and path[0].upper() == "INBOX"


def _within(box: Writing, parent: int, name: str, most: int) -> Folder:
    """The mail folder of that name, or a new one: under another name where something else has it."""
    shown = _visible(name)
    siblings = {key(each.name): each for each in box.folders() if each.parent_id == parent}
    for attempt in (shown, f"{shown} (mail)"):
        there = siblings.get(key(attempt))
        if there is None:
            try:
                return folders.create(box, str(parent), attempt, FolderType.USER_MAIL, most)
            except EasError as error:
                raise Refused(f"the folder {name} cannot be made: {error}") from error
        if there.item_class is ItemClass.EMAIL and there.type is not FolderType.OUTBOX:
            return there
    raise Refused(f"the folder {name} cannot be made: its name is taken")


def _visible(name: str) -> str:
    """The name without what no folder's name may hold."""
    kept = "".join(char for char in name if unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp"))
    return kept.strip() or "_"
