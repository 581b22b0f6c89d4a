"""The C library libwbxml, where it is installed, as a second opinion on WBXML: through ctypes, without a binding."""

import ctypes
from ctypes.util import find_library
from functools import cache

from lxml import etree

_LANG_ACTIVESYNC = 2402
_CHARSET_UNKNOWN = 0
_OK = 0


class _WriteParameters(ctypes.Structure):
    """`WBXMLGenWBXMLParams`."""

    _fields_ = (
        ("wbxml_version", ctypes.c_int),
        ("keep_ignorable_ws", ctypes.c_ubyte),
        ("use_strtbl", ctypes.c_ubyte),
        ("produce_anonymous", ctypes.c_ubyte),
    )


_PARAMETERS = _WriteParameters(wbxml_version=3, keep_ignorable_ws=1, use_strtbl=0, produce_anonymous=1)


class LibwbxmlError(ValueError):
    """libwbxml refuses a document, in its own words."""


class Tree:
    """A document that libwbxml has read; `close` frees it."""

    def __init__(self, library: "Libwbxml", handle: ctypes.c_void_p) -> None:
        self._library = library
        self._handle = handle

    def wbxml(self) -> bytes:
        """The document as libwbxml writes it, without string table and public identifier."""
        return self._library.written(self._handle)

    def close(self) -> None:
        """Frees the tree."""
        self._library.destroy(self._handle)


class Libwbxml:
    """The loaded library. Raises `OSError` where it is not installed."""

    def __init__(self) -> None:
        name = find_library("wbxml2")
        if name is None:
            raise OSError("libwbxml is not installed (Debian: libwbxml2-1)")
        self._library = ctypes.CDLL(name)
        self._library.wbxml_errors_string.restype = ctypes.c_char_p
        self._library.wbxml_errors_string.argtypes = (ctypes.c_int,)
        self._library.wbxml_tree_destroy.argtypes = (ctypes.c_void_p,)
        self._library.wbxml_conv_wbxml2xml_destroy.argtypes = (ctypes.c_void_p,)
        self._free = ctypes.CDLL(None).free
        self._free.argtypes = (ctypes.c_void_p,)

    def rewritten(self, document: bytes) -> bytes:
        """A document read into libwbxml's own tree, and written again."""
        tree = self.tree(document)
        try:
            return tree.wbxml()
        finally:
            tree.close()

    def tree(self, document: bytes) -> Tree:
        """Reads a document into libwbxml's own tree."""
        handle = ctypes.c_void_p()
        self._check(
            self._library.wbxml_tree_from_wbxml(
                document, len(document), _LANG_ACTIVESYNC, _CHARSET_UNKNOWN, ctypes.byref(handle)
            )
        )
        return Tree(self, handle)

    def destroy(self, handle: ctypes.c_void_p) -> None:
        """Frees a tree."""
        self._library.wbxml_tree_destroy(handle)

    def written(self, handle: ctypes.c_void_p) -> bytes:
        """A tree as WBXML."""
        data, size = ctypes.c_void_p(), ctypes.c_uint()
        arguments = (handle, ctypes.byref(data), ctypes.byref(size), ctypes.byref(_PARAMETERS))
        self._check(self._library.wbxml_tree_to_wbxml(*arguments))
        return self._taken(data, size)

    def xml(self, document: bytes) -> etree._Element:
        """A document as XML, parsed; names and namespaces are libwbxml's."""
        converter, data, size = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_uint()
        self._check(self._library.wbxml_conv_wbxml2xml_create(ctypes.byref(converter)))
        try:
            self._library.wbxml_conv_wbxml2xml_set_language(converter, _LANG_ACTIVESYNC)
            self._library.wbxml_conv_wbxml2xml_set_gen_type(converter, 0)
            self._library.wbxml_conv_wbxml2xml_enable_preserve_whitespaces(converter)
            self._check(
                self._library.wbxml_conv_wbxml2xml_run(
                    converter, document, len(document), ctypes.byref(data), ctypes.byref(size)
                )
            )
        finally:
            self._library.wbxml_conv_wbxml2xml_destroy(converter)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
        return etree.fromstring(self._taken(data, size), parser)

    def _taken(self, data: ctypes.c_void_p, size: ctypes.c_uint) -> bytes:
        try:
            return ctypes.string_at(data, size.value)
        finally:
            self._free(data)

    def _check(self, code: int) -> None:
        if code != _OK:
            raise LibwbxmlError(self._library.wbxml_errors_string(code).decode())


@cache
def libwbxml() -> Libwbxml:
    """The library, loaded once. Raises `OSError` where it is not installed."""
    return Libwbxml()
