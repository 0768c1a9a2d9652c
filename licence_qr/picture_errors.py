"""Why a file cannot be read, as a word for machines and a sentence for people."""

from licence_qr.errors import PictureError

# fault: what to tell a person, in zh and in en
FAULTS = {
    "empty": ("文件是空的，请重新获取", "The file is empty; fetch it again"),
    "not_a_picture": (
        "不是可读的图片、PDF或文本，请另存为PNG或JPEG",
        "This is no picture, PDF or text that can be read; save it as PNG or JPEG",
    ),
    "truncated": ("文件不完整（被截断），请重新获取", "The file was cut short; fetch it again"),
    "broken": ("文件已损坏，请重新保存或改用PNG", "The file is damaged; save it again, or as PNG"),
    "too_large": ("文件过大，超出读取上限", "The file is larger than what is read"),
    "encrypted": ("PDF已加密，请另存为不加密的文件", "The PDF is encrypted; save a copy without a password"),
    "no_code": (
        "图中读不出二维码，请靠近、对焦、摆正后重拍",
        "No QR code can be read; take it nearer, sharper, straighter",
    ),
    "several_codes": ("图中有多个执照码，请裁剪后只留一个", "Several licence codes; cut it so that one is left"),
    "refused": ("SVG中有图形以外的内容，请改用PNG", "The SVG holds more than shapes; give a PNG of it"),
    "unreadable_file": ("系统无法读取该文件", "The system would not give the file"),
}


def fault_sentence(fault: str, language: str) -> str:
    """Return what to tell a person of a fault, in zh or en; raises KeyError for one that is not in FAULTS."""
    return FAULTS[fault][1 if language.lower().startswith("en") else 0]


class UnreadablePictureError(PictureError):
    """A file from which no code was read; `fault` is one of FAULTS."""

    def __init__(self, fault: str, detail: str) -> None:
        """Keep the word beside the sentence."""
        super().__init__(detail)
        self.fault = fault
