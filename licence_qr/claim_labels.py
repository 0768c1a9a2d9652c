"""What each claim is called: for every path of the licence, its permits and the holder's private fields, in zh and en.

One table for the type metadata, the documents and their tests. `null` in a path stands for every element of a list
(SD-JWT VC, claim path). The paths are those of `shape.py`; a test holds the two together.
"""

Path = tuple[str | None, ...]

LABELS: dict[Path, tuple[str, str]] = {
    ("iss",): ("签发平台", "Issuer"),
    ("iat",): ("签发时间", "Signed at"),
    ("nbf",): ("生效时间", "In force from"),
    ("exp",): ("二维码失效时间", "Code expires"),
    ("jti",): ("电子证照标识", "Licence identifier (GB/T 36904)"),
    ("sub",): ("统一社会信用代码", "Unified social credit code"),
    ("vct",): ("证照类型", "Type of credential"),
    ("status",): ("状态", "Status"),
    ("status", "status_list"): ("状态列表", "Status list"),
    ("status", "status_list", "idx"): ("状态列表序号", "Place in the status list"),
    ("status", "status_list", "uri"): ("状态列表地址", "Address of the status list"),
    ("licence",): ("营业执照（登记证书）", "Licence (registration certificate)"),
    ("licence", "name"): ("名称", "Name"),
    ("licence", "type"): ("类型", "Type"),
    ("licence", "composition"): ("组成形式", "Form of composition"),
    ("licence", "representative"): ("法定代表人（负责人）", "Legal representative (person in charge)"),
    ("licence", "operator"): ("经营者", "Operator"),
    ("licence", "investor"): ("投资人", "Investor"),
    ("licence", "capital_fen"): (
        "注册资本（出资额、开办资金），单位：分",
        "Registered capital (founding funds), in fen",
    ),
    ("licence", "supervising_authority"): ("业务主管单位", "Supervising authority"),
    ("licence", "premises"): ("住所（经营场所）", "Premises"),
    ("licence", "scope"): ("经营范围（业务范围）", "Scope of business (of activity)"),
    ("licence", "scope", None, "kind"): ("项目类别", "Kind of items"),
    ("licence", "scope", None, "items"): ("经营（业务）项目", "Items"),
    ("licence", "scope", None, "note"): ("结尾语", "Closing sentence"),
    ("licence", "established_on"): ("成立日期", "Established on"),
    ("licence", "term"): ("营业期限", "Term"),
    ("licence", "term", "kind"): ("期限类别", "Kind of term"),
    ("licence", "term", "until"): ("期限至", "Term ends on"),
    ("licence", "registry"): ("登记（管理）机关", "Registry"),
    ("licence", "registry", "name"): ("登记机关名称", "Name of the registry"),
    ("licence", "registry", "uscc"): ("登记机关代码", "Credit code of the registry"),
    ("licence", "registry", "division"): ("行政区划代码", "Division code (GB/T 2260)"),
    ("permits",): ("许可", "Permits"),
    ("permits", None, "type"): ("许可证名称", "Permit"),
    ("permits", None, "held"): ("是否已取得", "Held"),
    ("permits", None, "authority"): ("发证机关", "Authority"),
    ("permits", None, "number"): ("许可证编号", "Number"),
    ("permits", None, "valid_from"): ("有效期自", "Valid from"),
    ("permits", None, "valid_to"): ("有效期至", "Valid to"),
    ("permits", None, "id"): ("许可的电子证照标识", "Permit identifier (GB/T 36904)"),
    ("permits", None, "scope"): (
        "涵盖的经营（业务）项目，按印制顺序从0起的序号",
        "Scope items it covers: positions as printed, from 0",
    ),
    ("permits", None, "status_idx"): ("许可在状态列表的序号", "Place of the permit in the status list"),
    ("permits_total",): ("许可总数", "Number of permits"),
    ("permits_digest",): ("全部许可的摘要", "Digest of all permits"),
    ("log",): ("公开日志", "Public log"),
    ("log", "origin"): ("日志名称", "Name of the log"),
    ("log", "index"): ("日志序号", "Place in the log"),
}

# Fields that are never printed: they stand in the holder's download, each to be disclosed or not by the holder alone.
PRIVATE_LABELS: dict[Path, tuple[str, str]] = {
    ("holder",): ("持有人未公开信息", "What only the holder shows"),
    ("holder", "id_number"): ("身份证件号码", "Identity document number"),
    ("holder", "phone"): ("联系电话", "Telephone"),
    ("holder", "home_address"): ("住址", "Home address"),
    ("cnf",): ("持有人密钥", "Key of the holder"),
    ("cnf", "jwk"): ("持有人公钥", "Public key of the holder"),
}
