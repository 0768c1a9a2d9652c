"""Why a rule release is refused: one reason code each, the same at the command line, over HTTP and for auditors."""

from collections.abc import Mapping

from audit.errors import AuditError

# reason -> what it means and what to do, in Chinese and English
REASONS: Mapping[str, tuple[str, str]] = {
    "no-signature": ("没有任何签名", "there is no signature at all; two signers sign it first"),
    "stripped": ("签名已被去除", "this is the manifest with its signatures stripped off; send the signed note"),
    "truncated": ("文件被截断", "the note was cut short on its way; send it again whole"),
    "note-malformed": ("不是规范的签名文书", "this is not a signed note (c2sp.org/signed-note)"),
    "one-signer-twice": ("同一人签了两次", "one signer signed twice; two different people sign"),
    "unknown-signer": ("签名人不在名单内", "a signer is not on the pinned list; too few known ones are left"),
    "wrong-key": ("签名密钥与名单不符", "a known name signed with a key that is not pinned for it"),
    "bad-signature": ("签名与内容不符", "a signature does not belong to this manifest; it was changed after signing"),
    "retired-signer": ("签名人当时已停用", "a signer had been retired when this was made"),
    "wrong-role": ("签名人的角色不符合要求", "the signers do not hold the roles that a release needs"),
    "too-few-signers": ("签名人不足两名", "fewer than two different signers signed"),
    "manifest-not-canonical": ("清单不是规范形式", "the manifest is not canonical JSON (RFC 8785)"),
    "manifest-malformed": ("清单内容有误", "the manifest lacks a member or holds one of another kind"),
    "future-schema": (
        "清单版本未知",
        "the manifest is of a schema that this program does not know; update the program",
    ),
    "other-registry": ("属于另一登记机关", "the release was made for another registry"),
    "replayed": ("序号已经用过", "this sequence number is already used; an older release is put back with `rollback`"),
    "sequence-gap": ("序号不连续", "a release between the live one and this one is missing"),
    "wrong-predecessor": (
        "前一发布不符",
        "it does not follow the release that is live; prepare it anew against that one",
    ),
    "gate-missing": ("缺少发布前检查", "a check of the release gate is missing, failed, or was skipped without right"),
    "unacknowledged": (
        "有结果变化未经确认",
        "a change of outcomes in the backtest was not acknowledged by a named role",
    ),
    "unknown-book": ("所恢复的规则库未曾发布", "a rollback restores a book that was live before; this one never was"),
    "changed-file": ("规则文件被改动", "a file is not the one that was signed"),
    "extra-file": ("多出规则文件", "the bundle holds a file that was not signed"),
    "missing-file": ("缺少规则文件", "a signed file is missing from the bundle"),
    "bundle-malformed": ("规则包已损坏", "the bundle is not in the one form that its content has"),
    "unsafe-path": ("规则包内路径不安全", "the bundle holds a path that leads elsewhere or is ambiguous"),
    "oversized": ("规则包过大", "the bundle is larger than a rule book is"),
    "compressed": ("规则包被压缩", "a bundle is never compressed; send the archive itself"),
    "book-broken": ("规则库无法加载", "the rules in the bundle do not load"),
    "other-book": ("规则库与清单不符", "the files give another rule book than the manifest names"),
    "not-logged": ("发布未入日志", "the release does not stand in the log as it should"),
}


class ReleaseError(AuditError):
    """A release that is not accepted. `reason` is a code of `REASONS`; the message names the value and what to do."""

    def __init__(self, reason: str, message: str) -> None:
        assert reason in REASONS, reason
        self.reason = reason
        super().__init__(message)

    @property
    def advice(self) -> dict[str, str]:
        """What the reason means, by language."""
        chinese, english = REASONS[self.reason]
        return {"zh": chinese, "en": english}
