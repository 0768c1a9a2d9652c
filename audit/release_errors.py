"""Why a rule release is refused: one reason code each, the same at the command line, over HTTP and for auditors."""

from collections.abc import Mapping

from audit.errors import AuditError

# reason -> what it means and what to do, in Chinese and English
REASONS: Mapping[str, tuple[str, str]] = {
    "no-signature": ("没有任何签名；请先由两名签名人签名", "there is no signature at all; two signers sign it first"),
    "stripped": (
        "签名已被去除；请发送带签名的文书 manifest.note",
        "this is the manifest with its signatures stripped off; send the signed note",
    ),
    "truncated": ("文件被截断；请重新完整发送", "the note was cut short on its way; send it again whole"),
    "note-malformed": (
        "不是规范的签名文书；请发送 manifest.note 原文件",
        "this is not a signed note (c2sp.org/signed-note); send manifest.note as it was written",
    ),
    "one-signer-twice": ("同一人签了两次；须由两个不同的人签名", "one signer signed twice; two different people sign"),
    "unknown-signer": (
        "签名人不在名单内，名单内的签名人不足；请由名单上的人签名",
        "a signer is not on the pinned list; too few known ones are left",
    ),
    "wrong-key": (
        "签名密钥与名单不符；请用名单所列密钥签名，或更新名单",
        "a known name signed with a key that is not pinned for it; sign with the listed key, or mend the list",
    ),
    "bad-signature": (
        "签名与内容不符，签名后内容被改动；请重新准备并签名",
        "a signature does not belong to this manifest; it was changed after signing: prepare and sign it anew",
    ),
    "retired-signer": (
        "签名人已停用；请由在任的签名人签名",
        "a signer is retired, or was when this was made; let one who is in office sign",
    ),
    "wrong-role": (
        "签名人的角色不符合要求；起草人和批准人须各签一次",
        "the signers do not hold the roles that a release needs; an author and an approver sign",
    ),
    "too-few-signers": ("签名人不足两名；请由另一人签名", "fewer than two different signers signed"),
    "manifest-not-canonical": (
        "清单不是规范形式；请用 `miaopi rules release prepare` 重新准备",
        "the manifest is not canonical JSON (RFC 8785); prepare it anew",
    ),
    "manifest-malformed": (
        "清单内容有误；请用 `miaopi rules release prepare` 重新准备",
        "the manifest lacks a member or holds one of another kind; prepare it anew",
    ),
    "future-schema": (
        "清单版本未知；请升级程序",
        "the manifest is of a schema that this program does not know; update the program",
    ),
    "other-registry": (
        "属于另一登记机关；请为本机关重新准备",
        "the release was made for another registry; prepare one for this",
    ),
    "replayed": (
        "序号已经用过；恢复旧规则请用 `rollback`",
        "this sequence number is already used; an older release is put back with `rollback`",
    ),
    "sequence-gap": (
        "序号不连续，缺少中间的发布；请先发布前一个",
        "a release between the live one and this one is missing; publish that one first",
    ),
    "wrong-predecessor": (
        "不是接着现行发布的；请对照现行发布重新准备",
        "it does not follow the release that is live; prepare it anew against that one",
    ),
    "gate-missing": (
        "发布前检查缺失、未通过或无权略过；请重新准备",
        "a check of the release gate is missing, failed, or was skipped without right; prepare it anew",
    ),
    "unacknowledged": (
        "有结果变化未经确认；请由有权的人具名确认（acknowledge）",
        "a change of outcomes in the backtest was not acknowledged by a named role",
    ),
    "unknown-book": (
        "所恢复的规则库未曾发布；请指明曾经生效的发布",
        "a rollback restores a book that was live before; this one never was",
    ),
    "changed-file": (
        "文件与签名时不同；请使用原文件，或重新准备",
        "a file is not the one that was signed; take the original, or prepare anew",
    ),
    "extra-file": ("多出未签名的文件；请重新准备", "the bundle holds a file that was not signed; prepare it anew"),
    "missing-file": (
        "缺少已签名的文件；请重新完整发送",
        "a signed file is missing from the bundle; send it again whole",
    ),
    "bundle-malformed": (
        "规则包已损坏；请重新完整发送",
        "the bundle is not in the one form that its content has; send it again whole",
    ),
    "unsafe-path": (
        "规则包内路径不安全；请改用普通文件名",
        "the bundle holds a path that leads elsewhere or is ambiguous; rename the file",
    ),
    "oversized": (
        "规则包过大；请移去不属于规则库的文件",
        "the bundle is larger than a rule book is; take out what is no rule",
    ),
    "compressed": ("规则包被压缩；请发送未压缩的原包", "a bundle is never compressed; send the archive itself"),
    "book-broken": (
        "规则库无法加载；请用 `miaopi rules check` 查明并改正",
        "the rules in the bundle do not load; `miaopi rules check` says where",
    ),
    "other-book": (
        "规则库与清单不符；请重新准备",
        "the files give another rule book than the manifest names; prepare it anew",
    ),
    "not-logged": (
        "发布与日志不符；请停用并查明数据库是否被改动",
        "the release does not stand in the log as it should; find out who changed the database",
    ),
    "wrong-moment": (
        "制作时间不对：在将来、早于现行发布或超过三十天；请核对时钟后重新准备",
        "it was made in the future, before the live release, or more than thirty days ago; look at the clock and prepare it anew",
    ),
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
