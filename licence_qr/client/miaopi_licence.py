"""Check a business licence code, or the code of an NGO registration certificate (民办非企业单位登记证书), offline: one file, Python 3.11 or later, and the package `cryptography` (46 or later).

    from miaopi_licence import Verifier
    verifier = Verifier(jwks=open("jwks.json", "rb").read(), lists={uri: token}, dictionaries={})
    answer = verifier.verify("https://HOST/v#0123…", at=int(time.time()))
    answer["verdict"]            # "valid", "not_valid" or "cannot_say": the headline
    answer["reason"]             # one reason code, listed in docs/licence.md 8
    answer["claims"]             # what was signed, None unless authentic; show name, premises and scope to a person
    answer["permits"]            # one answer for each entry of claims["permits"]

You pin what you trust: `jwks` is the issuer's /.well-known/jwks.json as you fetched it over TLS, `lists` maps the address of
each status list to the token you fetched there (at most an hour old is best; it says itself until when it is good),
`dictionaries` adds preset dictionaries that are newer than this file (GET /v/dictionary-N.bin). Nothing is ever fetched
here, and nothing in a code can make it. One object may be kept and used for millions of codes.

"Not valid" is said only where something known says so; a missing key, a stale list, a damaged link are "cannot say".
A genuine code can be copied onto any wall: whether the name and the address are those of the place is yours to see.
This file is written from docs/licence.md alone and is free to copy with it.
"""

import base64
import hashlib
import json
import re
import unicodedata
import zlib
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

TYP, STATUS_TYP, TYPE = "business-licence+jwt", "statuslist+jwt", "/types/business-licence/1"
LEEWAY, LARGEST, DEEPEST = 120, 8192, 16
LONGEST_LIST = 7 * 86_400  # seconds between iat and exp of a status list
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
NOT_VALID = frozenset(
    [
        "header",
        "signature",
        "claims",
        "issuer",
        "key_window",
        "unlogged",
        "not_yet",
        "expired",
        "revoked",
        "replaced",
        "suspended",
        "not_held",
        "permit_not_yet",
        "permit_expired",
    ]
)
VALID = frozenset({"authentic", "current", "held"})
# SHA-256 of each dictionary, then the dictionary itself: zlib, base85.
DIGESTS = {1: "54d8f0f78e36f6700ff87262ab1fd0d58fc0a141967541a30841bff96ae06485"}
_EMBEDDED = {
    1: "c-rk)TT@zD7Ji?f!RzD#+DSTj>zSH)=&F90>8Gx#sgy}bLXVe>V5YmeQUxjq2#U(Z8zPE=Mo^3w1c4vZXYX^)Q~!ne)>#`kqDfCz&AqhrxX#*_wf4GvYwe@2w2YIYxppR!6|L14;XP5$h*U@{1(<1^1@(GS)F#Dx-OksKEAse)X_?wKwuAbIls<W3X17EvsQBq4^LSlutYejtJTT_hnGdEh8IeaP8g}k%s5OFS(odsX)7SwUn%g;y^5#tQ1br%J#3Len)>ATeCg#tSV)eS-nCTA5^*EN}Y3>{;=^L}6)?`}5(qgxFC^1(O!E+IRPtW<N%<SmNlFUx_PQ89<rqn5Zx(sWzxJbM=R}-SS#X~<`M)XRxYXM_s-^j;|=B`+b>B&<OEp<5^6U{&tr1b32Trwt)?Hn;v*CSy)vZr*I-xQUsxts2uNSyB&k-FZRlk0~)o5XvxesG}GV|ukAVhuf=5i2FRrPj)7la(=pajl_jD8mV|e8<0{at3{jVn`$oj7m!sX4EvxKGx`|5?aaYm5fBF%twt@P(=6a^G*M%*3R2GT0LpbEZD;UyTKreZq)Vi0(pPuNM;i<z0z5=XatgabAjWb=ZJhmZ_FE&nwUS-SEo5#;So{UB<oorbj7ftb*;IMA-xzE<%En}i1`I#TKe$o^%z!sTU@DyjXEjGbS!O5?sPYVFG#V(4sBjrg?(Uu9<^JbGe52;bH?ektS7|UhD@GmwK*lUyloZ|5Gta1(SF~fkLE>UifQD6xf@da#k5G}d#{DGh^I~eqUjGXM`nT;)td97(pH?Kg)R+W$fTn6M2JsKbTTJT8i+ShxlpT4GBUT+qfbv1y)Z4BRT<e6@gue8-m0jF^undq*jIB9Ey#=JuGX%Q6l6-{L`DntSQ60<5md2<QOxAnqnuhPsfAXwz?-rblqZ4C5y<s+RmoPZiU0^ywjfk5!qfq~Uznpcwy~#CIWkUm^+HR#T!jba>6}<B8HZcERW}aBMO!RHp&oRGv&f0HseWeo48djuVi2U&%35O<HpIb2^n+!zmKoUY=o}HjlKug~oYU79<XlmSYiBW}=*v~3QX$J!Q${h|^(L?d+Nyml6jd&3H;hB&K5=+KkzmOci7=-Cw9+f&Wf^XZ^&<o%&a2n=Sz#IV8&ge@yD%!{kEWX%jmXpr5RB8GC3csHG7P>zK-8Hm0y{?iy>_`^W{%k)a)p2bRf%#ouw<Mc8tsJ9T9Sza1f-(*ytbKIV@XVwU|8fD(vV*%NBoN_FRbK6rprPcF<{nrnbzkbdi4X-fCvJ*`53<%vlmGGACWBiDZNYu3$JQbGAD{OBnm}ip^8zlRt5-n@r0H~t0Erh&evo6BG{0XGy&#rQ_-QIxe`*PP;qP!!Tt(osRVa$NklgR_-b0z56qV+TNiEnF?kMGWGKl+84+muH}(CDs4bJ`wJ9jfWt4{)(>ip?I4Ln2cR6OJM9X=fdW}-GUX$52k_&0be2zK_yyh0NUWCs@9w@rPd@7CzTHAbielBLRVm+rfmgL4Xeo=<hR-DmD^V|nM5uj33H+Uw`VUArf5j@ixY3AEcXQ5n>!n-=lJIi#FEV)*e8yUUPre**}E6p;W=Zi`KKH?gLCqYf}R30UfiQVKfnunzGrJwM;otJ?_PF`~j*`y#EQNdWDT&6O*H<<!Eub@wbcj`#SE21#Xs3^+I2x*x-l(B$)Id5pkB}$^p_te0ojzl>F{mI}K{`5M5tqtM7#96Qj0*O}P$hB3*E46=ZsgI-Qc8tRi;!tL%`cfN{(LFM35(wCiNg2dSS|;kfS~_=MjV2I&k6oaIZu`ys7@qQURvj%~HCOh?Q{`Q%=2lfj&7vR)hxExB>}*x}94UE?-)kVFRpP(D;F)%gs={k6?P8Z(FRiw()$5`a=-P_vPB~#z3dUill16t#J=d*eT)4Zh=3dL(I};1bjC&$j6U`-Mc3{y~);Kwr2QB6xbd8O;axOcfv4g%*u1C-nP`A*S)9SM_nxZDb!b~%}fhF`hixAE7DlpBZGXxc4Mr$nd=G4z*8s^N5ewmhwWr|oObdE4BS|a$0&B=I5bu9677>6^+^7Rs02=u6wS%owKc(tn4*7fy(Y{o@4N;ic{M5`?m5j>$Z$!7rLklUrjOiUhsQ2docBbqf+GorFA>eECNiu&3b2+I20ChV-}%@7EgTZTjsMk^v~n>0VsVh*KzXp85|>;mebh}A_kNG(k<3FA`{XC^>9pP|Z<&j{ep{JGq@6!DY@PJuR8w(vyvXfD;|ahvAg6*y3x#7VVQ(b#F@DdHJ=#;j-e$d)zuRT(4|GEQpvmCH-0eF$}RmnkI7oeI}nrd5Pn(8O7wT1u-HFyK>UR#VjEoCdfQ+Cf0!i6w<@7O}K;xheJ+srpb=V*U|IIeJTuVQP}82eZ0a?&s0yo&|B1-hI$&FF}|)WqP$bPY~P_5@GdM^t4`89RYtTX9gERaF+{$ZYAJbEu1-3BI)!>kw&kCy0D%CKyW%hR2J<iF*m6Q5)m<162{54)@YzJ6!SIaFl`0uK1C_uJp~XxN1!Suu7|S+$P~h;PQ+3}>ksI2hhl3=RQ<}E;ZTpp9P8G}@o(p|oq^BjzGSUtAJXat>Q5{;UEw$9sSE+qb934Sd7L_1+XUt7&^p5SiY%+M!a}|zURe@<Px%`F3Y}l!*OSt}!(n!X4@05PyrM0@YE9ic7GvD>0!+-+^(zalPXXvl_3ZZbZ7sAxKadBCs(7yY<=mpI=DAS>V8Ykby7-IoG6{g~@<pktT_iXdx=ii>8TPr;V|(^iakp&2c#j!ucJEwWCgA|?5#?REnP;Lm-?|r5qM-wc6s@Y)Q2<GrEK!HnTEi14p&@K6Yj@}9GgD{@`o!7W^`0PGx8FD4emCzQx~b~*&UItynGG4mZS68ZXE~ilFNbO+Dyt}J*Na#0Aoj{=NkP_dK}5dvBwne@WHh@7Iy*|It&Xcv=3i?(`VVUXAl;Je%JW*QpS<SQ6Oqfw#-2Qz<QCepGZiv(`B+cCm)ShEXNj=fyrlV^Thfiv?OD)g9Q&29$Amp27ijXar#)=!w|+a*{=q@@9(~8T`t3z^IB>yCNQt}YV~#4;g&CO-i<vTInf3jrUxCi2q#Lu0Gpm0IfFf8$%FBqqFYLLHp*j#~XQTQ`gN$=X997*q96NY+z7$>Aq%VIJvroxmQU=xr0ceG`z#kqZBrj(MA2}a={uxHU_yfWg|EWFc`k_*z4d~n60qI!I{OC^(I0qj7=ug3<y!P(bzjZlX7X9Tn{QooOm){I@sX;~cl^0c5*a^5Z)yquV3l4|#^}+>J(cJ0NXPBvax^Nnoeq%CEHR_Y|yQNI4`Hk>_nZMB2lxdm%!7()a%JIbUyRQcxJapV~{KfMEZy<c%zX9=V!s{7zd%bsuJ<r{v&)vWN_HRDNyI=j_@OZr#e(m$U@jkhKUya@y8vUzh;-34vp^-PkZfxQi@;RQk9zA~OeEjI4(|N}+`t0RZhWk5+8F0B=j~+b6&mG6NJ`Xl_-5a>)dhqbxpwsz)NSDh=KVSXE>H2KYIq>-(olY0HZ0tvm9}Nx+4m^H<sqmL;z{#^|4*mTens_IkVcW-Q#aCab2~G^XeeV0Yquhrz+}`{B*0}GYoqa>T2^ixCMLiw%czyKhdGVd&363~1?)lmMc`5dL_wJ5EO`$zTheq(<(Ji0s7-C(I9J2T5TesIYHqI`5KJ>=p8ybH4(miS^@@CvU;_<r4ai3_)=}6DVNXDOjKsbz2JiKy`y2poxNrKNkf(`!UaQqqG9P^PX=1M_pW#xwyfAC=}(pRTB!mL|Bj4+4GdZefai##7;s?{2F>8q;S1m9L1@9uO(TgLFZUwlONCj>((eWF^ciQorxie{$76GUQ8rctpDuL~wcgXc(G)p1(;;Bs|+6LfW`8AwDM`k!gFI))tYpdQ>X^bC>k+Wq3`7|idW$h_+sxa*{t@wvxG$i1C2j*Y&;nH}TqSBRbQ?{D(_jg1qwn(#h<P6=}@7cln1^VZ|_SmJrq3a>X1?(umo|EgfR5l*qeYxgkpdpR`hb>DFeP554qjeC6G+ts?U+p{d7#60zlAqJ83i0iRebTaJm$}?&m`_*;C7=7WUw0ZaL7McD>k?9|-NDhj3K$6!z3K5>S?px5h1+8BKTAye<yU^tupZF+pUA+)v$>_w$Gq<XpZ-<6GFP^>}9~<d61CRK|EdHSLuFG|I(Amwlr<_|93;+FUx@>Cx8%n_7Z3*~f2^jdlYEEspAA<F<kvC&rkB<}EejUOffO~wX+qT{!{w?C)wyC#m>VLFNz5b!)wqLzPuYVzWeX0e#5xi`TVDD4pFK7u}AL(5G37GhIhFd?P"
}


class Refused(Exception):  # noqa: N818  (it is an answer, not a fault of the program)
    """Why a code is not authentic: `reason` is the code, the text is for engineers."""

    def __init__(self, reason: str, detail: str = "") -> None:
        """Keep the reason beside the detail."""
        super().__init__(detail or reason)
        self.reason = reason


class Verifier:
    """What is trusted, and the check of one code at a time; safe to share between threads.

    Steps, as in docs/licence.md 7: (1) text, (2) key, (3) stolen keys, (4) header, (5) signature, (6) spelling and issuer,
    (7) type and shape, (8) window of the key, (9) clock, (10) status list, (11) each permit.
    """

    def __init__(
        self,
        jwks: bytes | str,
        lists: dict[str, str] | None = None,
        dictionaries: dict[int, bytes] | None = None,
        oldest_status: int | None = None,
        logged: Iterable[bytes | str] = (),
    ) -> None:
        """Read the keys and the status lists. A `jwks` that is no key list gives no keys: whatever is asked is then `no_keys`.

        `oldest_status` is the age in seconds beyond which you will not rely on a status list, e.g. 86400. `logged` are the
        documents on stolen keys (/.well-known/logged/KID.json); one that the key list does not pin is not believed.
        """
        self.oldest_status = oldest_status
        self._keys = _trusted(jwks)
        self._logged = {
            kid: told for source in logged if (told := _logged(source, self._keys)) for kid in [told["kid"]]
        }
        self._dictionaries: dict[int, bytes | None] = {
            number: zlib.decompress(base64.b85decode(text)) for number, text in _EMBEDDED.items()
        }
        for number, given in (dictionaries or {}).items():
            published = DIGESTS.get(number) in (None, hashlib.sha256(given).hexdigest())
            self._dictionaries[number] = given if published else None
        self._lists = {uri: self._list(uri, token) for uri, token in (lists or {}).items()}

    def refresh(self, uri: str, token: str, *, at: int) -> None:
        """Take a list that was fetched from `uri` at `at` (seconds): the newest that can be believed stays, whatever comes later.

        A list from the future replaces no other and gives way to any, lest a wrong one stay for ever.
        """
        found, held = self._list(uri, token), self._lists.get(uri)
        latest = at + LEEWAY
        if held is None or (found is not None and (held["iat"] <= found["iat"] <= latest or held["iat"] > latest)):
            self._lists[uri] = found

    def verify(self, text: str, *, at: int) -> dict[str, Any]:
        """Return what is known of the link, digits or compact JWS `text` at `at` (seconds). Never raises for a text."""
        try:
            claims = self._authentic(*self._read(text))
        except Refused as refusal:
            authentic, current = _answer(refusal.reason), _answer("not_authentic")
            return _result(at, authentic, current, [], None)
        place = claims["status"]["status_list"]
        current = _in_time(claims, at) or self._status(place["uri"], place["idx"], claims, at, "current")
        today = (datetime.fromtimestamp(at, UTC) + timedelta(hours=8)).date().isoformat()
        permits = [self._permit(permit, claims, at, today) for permit in claims["permits"]]
        return _result(at, _answer("authentic", claims["iat"]), current, permits, claims)

    def _read(self, text: str) -> tuple[bytes, bytes, bytes]:
        """Return header, payload and signature."""
        if not isinstance(text, str):
            raise Refused("format", "a code is text")
        if ":" in text or "#" in text or text.count(".") != 2:
            return self._unpacked(text)
        if len(text) > 11_100:
            raise Refused("format")
        return _parts(text)

    def _unpacked(self, text: str) -> tuple[bytes, bytes, bytes]:
        raw = _bytes_of(_digits_of(text))
        if len(raw) < 67:
            raise Refused("damaged")
        if raw[0] != 1 or raw[1] not in self._dictionaries:
            raise Refused("format", "a transport or a dictionary that is newer than this file")
        preset = self._dictionaries[raw[1]]
        if preset is None:
            raise Refused("dictionary", "another dictionary than the one that was published under this number")
        plain = _inflated(raw[2:-64], -15, LARGEST, preset)
        header, feed, payload = plain.partition(b"\n")
        if not feed:
            raise Refused("damaged")
        return header, payload, raw[-64:]

    def _authentic(self, header: bytes, payload: bytes, signature: bytes) -> dict[str, Any]:
        key = self._key(header, payload, signature, TYP)
        claims = _strict(payload, LARGEST, "claims")
        if not isinstance(claims, dict) or claims.get("iss") != key["iss"]:
            raise Refused("issuer")
        if claims.get("vct") != key["iss"] + TYPE:
            raise Refused("type")
        _check_claims(claims)
        if not _covers(key, claims["iat"]):
            raise Refused("key_window")
        return claims

    def _key(self, header: bytes, payload: bytes, signature: bytes, typ: str) -> dict[str, Any]:
        """Return the key that signed; keys that were stolen are refused for licences here and by the caller for lists."""
        said = _strict(header, LARGEST, "format")
        kid = said.get("kid") if isinstance(said, dict) else None
        if not isinstance(kid, str) or not re.fullmatch(r"[A-Za-z0-9_-]{8,43}", kid):
            raise Refused("format")
        if not self._keys:
            raise Refused("no_keys")
        key = self._keys.get(kid)
        if key is None:
            raise Refused("unknown_key")
        unlogged = typ == TYP and "revoked_at" in key and self._unlogged(key, header, payload, signature)
        if set(said) != {"alg", "kid", "typ"} or said["alg"] != "ES256" or said["typ"] != typ or key["typ"] != typ:
            raise Refused("header")
        if int.from_bytes(signature[32:]) > ORDER // 2:
            raise Refused("signature")
        if not _fits(key["key"], f"{_b64(header)}.{_b64(payload)}".encode(), signature):
            raise Refused("signature")
        if unlogged:
            raise Refused("unlogged")
        return key

    def _unlogged(self, key: dict[str, Any], header: bytes, payload: bytes, signature: bytes) -> bool:
        """Tell whether the registry never logged this licence of a stolen key."""
        told = self._logged.get(key["kid"])
        name = _b64(hashlib.sha256(".".join(map(_b64, (header, payload, signature))).encode()).digest())
        if told is None or name in told["after"]:
            raise Refused("key_compromised")
        return name not in told["before"]

    def _list(self, uri: str, token: str) -> dict[str, Any] | None:
        """Return a believed status list, None for one that is not believed."""
        try:
            header, payload, signature = _parts(token, 4_000_000)
            key = self._key(header, payload, signature, STATUS_TYP)
            claims = _strict(payload, len(token), "format")
            inner, iat, exp = claims["status_list"], claims["iat"], claims["exp"]
            good = claims["sub"] == uri and claims["iss"] == key["iss"] and type(iat) is int and type(exp) is int
            if not good or not _covers(key, iat) or "revoked_at" in key or inner["bits"] not in (1, 2, 4, 8):
                return None
            if type(inner["bits"]) is not int or not all(10**9 <= time <= 10**11 for time in (iat, exp)):
                return None  # times in milliseconds would be good for ever
            if exp - iat > LONGEST_LIST or not uri.startswith(key["iss"] + "/") or key["iss"].count("/") != 2:
                return None  # a list of another issuer, who is trusted for its own, must not displace this one
            entries = _entries(inner["lst"])  # only now: the signature was checked
        except (Refused, KeyError, TypeError):
            return None
        return {"iss": key["iss"], "iat": iat, "exp": exp, "bits": inner["bits"], "entries": entries}

    def _status(self, uri: str, index: int, claims: dict[str, Any], at: int, good: str) -> dict[str, Any]:
        found = self._lists.get(uri)
        if found is None or found["iss"] != claims["iss"]:
            return _answer("status_untrusted" if uri in self._lists else "status_missing")
        value = _value(found["entries"], found["bits"], index)
        if value is None:
            return _answer("status_index", found["iat"])
        if value in (1, 3):
            return _answer("revoked" if value == 1 else "replaced", found["iat"])
        if found["iat"] > at + LEEWAY:
            return _answer("clock", at)
        if found["exp"] <= at or (self.oldest_status is not None and at - found["iat"] > self.oldest_status):
            return _answer("status_stale", found["iat"])
        return _answer({0: good, 2: "suspended"}.get(value, "status_value"), found["iat"])

    def _permit(self, permit: dict[str, Any], claims: dict[str, Any], at: int, today: str) -> dict[str, Any]:
        if not permit["held"]:
            return _answer("not_held", claims["iat"])
        if permit.get("valid_from", today) > today:
            return _answer("permit_not_yet", at)
        if permit.get("valid_to", today) < today:
            return _answer("permit_expired", at)
        return self._status(claims["status"]["status_list"]["uri"], permit["status_idx"], claims, at, "held")


def _answer(reason: str, as_of: int | None = None) -> dict[str, Any]:
    verdict = "valid" if reason in VALID else "not_valid" if reason in NOT_VALID else "cannot_say"
    return {"verdict": verdict, "reason": reason, "as_of": as_of}


def _result(at: int, authentic: Any, current: Any, permits: list[Any], claims: Any) -> dict[str, Any]:
    head = current if authentic["verdict"] == "valid" else authentic
    told = {"verdict": head["verdict"], "reason": head["reason"], "at": at, "authentic": authentic}
    return {**told, "current": current, "permits": permits, "claims": claims}


def _in_time(claims: dict[str, Any], at: int) -> dict[str, Any] | None:
    if claims["iat"] > at + LEEWAY:
        return _answer("clock", at)
    if claims["nbf"] > at + LEEWAY:
        return _answer("not_yet", at)
    return _answer("expired", at) if claims["exp"] <= at else None


# ---- text, digits, bytes

_SUFFIX = r"(?:&(?:appinstall=[01]|isappinstalled=[01]|from=(?:singlemessage|groupmessage|timeline)))*"
_LINK = re.compile(rf'(?:https?://[!-"$-~]{{1,200}}#|#)?([0-9]+){_SUFFIX}')
_WIDTHS = [len(str(256**count - 1)) for count in range(23)]


def _digits_of(text: str) -> str:
    found = _LINK.fullmatch(text) if len(text) <= 8000 else None
    if found is None:
        mostly = len(text) <= 8000 and sum(sign in "0123456789" for sign in text) > len(text) // 2
        raise Refused("damaged" if mostly else "format")
    if len(found[1]) > 7089:
        raise Refused("format")
    return found[1]


def _bytes_of(digits: str) -> bytes:
    raw = b""
    for start in range(0, len(digits), 53):
        group = digits[start : start + 53]
        count = _WIDTHS.index(len(group)) if len(group) in _WIDTHS[1:] else 0
        if int(group) >= 256**count or not count:
            raise Refused("damaged")
        raw += int(group).to_bytes(count, "big")
    return raw


def _inflated(packed: bytes, window: int, limit: int, preset: bytes | None) -> bytes:
    expand = zlib.decompressobj(window, zdict=preset) if preset is not None else zlib.decompressobj(window)
    try:
        plain = expand.decompress(packed, limit + 1)
    except zlib.error:
        raise Refused("damaged") from None
    if len(plain) > limit or not expand.eof or expand.unused_data:
        raise Refused("damaged")
    return plain


def _entries(lst: str) -> bytes:
    entries = _inflated(_unb64(lst), 15, 4 * 2**20, None)
    if not entries:
        raise Refused("format", "an empty list")
    return entries


def _value(entries: bytes, bits: int, index: int) -> int | None:
    """Return the status at `index` of a list of so many bits an entry, None outside of it."""
    place = index * bits
    return entries[place // 8] >> place % 8 & (1 << bits) - 1 if place // 8 < len(entries) else None


def _fits(key: ec.EllipticCurvePublicKey, message: bytes, signature: bytes) -> bool:
    """Tell whether r and s, 32 bytes each, are right for the message (SHA-256)."""
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    try:
        key.verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return len(signature) == 64


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, TypeError):
        raise Refused("format") from None
    if _b64(raw) != text:
        raise Refused("format")
    return raw


def _parts(compact: str, longest: int = 11_100) -> tuple[bytes, bytes, bytes]:
    pieces = compact.split(".") if isinstance(compact, str) and len(compact) <= longest else []
    if len(pieces) != 3 or not all(pieces) or len(pieces[2]) != 86:
        raise Refused("format")
    header, payload, signature = map(_unb64, pieces)
    return header, payload, signature


# ---- JSON in its one spelling, keys


def _strict(source: bytes, limit: int, reason: str) -> Any:
    if len(source) > limit:
        raise Refused(reason, "too long")
    try:
        value = _loads(source)
        again = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except (ValueError, RecursionError) as error:
        raise Refused(reason, str(error)) from None
    if again != source:
        raise Refused(reason, "another spelling")
    return value


def _loads(source: bytes) -> Any:
    """Return a value without anything that readers do not agree on; ValueError or RecursionError for all others."""
    text = source.decode("utf-8")
    value = json.loads(text, object_pairs_hook=_members, parse_float=_no, parse_constant=_no, parse_int=_whole)
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [one for one in level if isinstance(one, (dict, list))]
        if not level:
            return value
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
    raise ValueError("objects and lists stand too deep in each other")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs) or any(name.isdecimal() and name.isascii() for name in members):
        raise ValueError("a member twice, or with a number for a name")
    return members


def _no(text: str) -> Any:
    raise ValueError(f"{text} is no whole number")


def _whole(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > 2**53 - 1:
        raise ValueError("a number that is not exact in every reader")
    return int(text)


def _bytes(source: bytes | str) -> bytes:
    """Return a document as it was served; ValueError for what is neither bytes nor text."""
    if isinstance(source, str):
        return source.encode()
    if not isinstance(source, bytes):
        raise ValueError("neither bytes nor text")  # noqa: TRY004  (told like any other document that is none)
    return source


def _trusted(jwks: bytes | str) -> dict[str, dict[str, Any]]:
    """Return the keys of a list by kid; none when it is no list, or one that must not be relied on (docs/licence.md 5)."""
    try:
        source = _bytes(jwks)
        document = _loads(source) if len(source) <= 1_000_000 else None
    except (ValueError, RecursionError):
        document = None
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list) or any(isinstance(entry, dict) and "d" in entry for entry in entries):
        return {}  # `d`: somebody published a private key
    found = {}
    for entry in entries:
        if not isinstance(entry, dict) or (entry.get("kty"), entry.get("crv")) != ("EC", "P-256"):
            continue
        if (entry.get("alg"), entry.get("use")) != ("ES256", "sig"):
            continue
        texts = all(isinstance(entry.get(name), str) and entry[name] for name in ("iss", "typ", "kid", "x", "y"))
        texts = texts and isinstance(entry.get("logged_sha256", "-"), str) and entry.get("logged_sha256") != ""
        times = [entry.get("nbf"), entry.get("exp", 0), entry.get("revoked_at", 0)]
        if not texts or any(type(time) is not int for time in times):
            continue
        try:
            x, y = _unb64(entry["x"]), _unb64(entry["y"])
            numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), ec.SECP256R1())
            key = numbers.public_key()
        except (Refused, ValueError):
            continue
        hashed = json.dumps({"crv": "P-256", "kty": "EC", "x": entry["x"], "y": entry["y"]}, separators=(",", ":"))
        if len(x) == len(y) == 32 and _b64(hashlib.sha256(hashed.encode()).digest()) == entry["kid"]:
            found[entry["kid"]] = {**entry, "key": key}
    return found


def _logged(source: bytes | str, keys: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
    """Return a document on the licences of a stolen key, None unless the list of keys pins this very document."""
    try:
        told = _strict(_bytes(source), 32_000_000, "format")
        key = keys[told["kid"]]
        lists = [told["before"], told["after"]]
        if (
            type(told["v"]) is not int
            or told["v"] != 1
            or type(told["revoked_at"]) is not int
            or told["revoked_at"] != key.get("revoked_at")
            or not all(type(one) is list for one in lists)
        ):
            return None
        if not all(isinstance(name, str) for one in lists for name in one):
            return None
        if key.get("logged_sha256") != _b64(hashlib.sha256(_bytes(source)).digest()):
            return None
        return {"kid": told["kid"], "before": set(lists[0]), "after": set(lists[1])}
    except (Refused, KeyError, TypeError, ValueError):
        return None


def _covers(key: dict[str, Any], iat: int) -> bool:
    return bool(key["nbf"] <= iat and ("exp" not in key or iat <= key["exp"]))


# ---- the closed shape of type 1

_BAD = [
    (0, 31),
    (127, 159),
    (0xAD, 0xAD),
    (0x34F, 0x34F),
    (0x61C, 0x61C),
    (0x897, 0x897),
    (0xECE, 0xECE),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
]
_BAD += [
    (0x1ACF, 0x1AFF),
    (0x200B, 0x200F),
    (0x2028, 0x202E),
    (0x2060, 0x206F),
    (0x2E80, 0x2FDF),
    (0x3164, 0x3164),
    (0xD800, 0xFAFF),
]
_BAD += [(0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFF), (0x10000, 0x1FFFF), (0x2F800, 0x2FA1F)]
_BAD += [(0xE0000, 0xE0FFF), (0xF0000, 0x10FFFF)]
_FORBIDDEN = re.compile("[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in _BAD) + "]")
_ORIGIN = r"https?://[a-z0-9.\-]{1,200}(?::[0-9]{1,5})?"
_ADDRESS = _ORIGIN + r"/[A-Za-z0-9/.\-]{1,100}"
_CODE, _IDENTIFIER = r"[0-9A-Z]{18}", r"[0-9A-Z.]{1,120}"
_TIME, _INDEX = (10**9, 10**11), (0, 2**24 - 1)
_DAY = "day"
# A member is: text of at most n characters (n), a whole number from a to b ((a, b)), a pattern, a day, or a record.
_CLAIMS: dict[str, Any] = {
    "iss": _ORIGIN, "iat": _TIME, "nbf": _TIME, "exp": _TIME, "jti": _IDENTIFIER, "sub": _CODE, "vct": _ADDRESS,
    "status": {"status_list": {"idx": _INDEX, "uri": _ADDRESS}},
    "licence": {
        "type": 40, "premises": 300, "established_on": _DAY, "scope": [1, 2, {"kind": "general|licensed", "items": [1, 100, 200], "note": 200}],
        "registry": {"name": 60, "uscc": _CODE, "division": "[0-9]{6}"}, "name?": 200, "composition?": 20, "representative?": 100,
        "operator?": 100, "investor?": 100, "capital_fen?": (1, 10**15), "supervising_authority?": 60,
        "term?": "term",
    },
    "permits": [0, 40, "permit"], "permits_total": (0, 40), "permits_digest?": "[A-Za-z0-9_-]{43}",
    "log": {"origin": 120, "index": (0, 2**53 - 1)},
}  # fmt: skip
_HELD = {"type": 60, "held": True, "number": 60, "status_idx": _INDEX}
_HELD |= {"authority?": 60, "valid_from?": _DAY, "valid_to?": _DAY, "id?": _IDENTIFIER, "scope?": [1, 100, (0, 199)]}
_NOT_HELD = {"type": 60, "held": False, "authority?": 60}


def _check_claims(claims: dict[str, Any]) -> None:
    _check(claims, _CLAIMS)
    licence, listed, total = claims["licence"], len(claims["permits"]), claims["permits_total"]
    if sum(role in licence for role in ("representative", "operator", "investor")) != 1:
        raise Refused("claims", "not exactly one person")
    if "name" not in licence and "operator" not in licence:
        raise Refused("claims", "no name")
    if not (total > listed if "permits_digest" in claims else total == listed):
        raise Refused("claims", "permits are missing")
    had = sum(len(half["items"]) for half in licence["scope"])
    for covered in (permit["scope"] for permit in claims["permits"] if "scope" in permit):
        if covered != sorted(set(covered)) or covered[-1] >= had:
            raise Refused("claims", "a permit for scope items that do not rise, or that the licence does not have")


def _check(value: Any, wanted: Any) -> None:
    if wanted == "permit":
        wanted = _NOT_HELD if isinstance(value, dict) and value.get("held") is False else _HELD
    elif wanted == "term":
        until = isinstance(value, dict) and value.get("kind") == "until"
        wanted = {"kind": "until", "until": _DAY} if until else {"kind": "long"}
    if isinstance(wanted, bool):
        good = value is wanted
    elif isinstance(wanted, int):
        good = _shown(value, wanted)
    elif isinstance(wanted, tuple):
        good = type(value) is int and wanted[0] <= value <= wanted[1]
    elif isinstance(wanted, str):
        good = isinstance(value, str) and (_is_day(value) if wanted == _DAY else bool(re.fullmatch(wanted, value)))
    elif isinstance(wanted, list):
        good = isinstance(value, list) and wanted[0] <= len(value) <= wanted[1]
        for one in value if good else ():
            _check(one, wanted[2])
    else:
        good = isinstance(value, dict) and _members_fit(value, wanted)
    if not good:
        raise Refused("claims", f"{str(value)[:40]!r} is not in the shape of a licence")


def _members_fit(value: dict[str, Any], wanted: dict[str, Any]) -> bool:
    for name, inner in wanted.items():
        if name.rstrip("?") in value:
            _check(value[name.rstrip("?")], inner)
        elif not name.endswith("?"):
            return False
    return set(value) <= {name.rstrip("?") for name in wanted}


def _shown(value: Any, longest: int) -> bool:
    if not isinstance(value, str) or not 1 <= len(value) <= longest or value != value.strip():
        return False
    return not _FORBIDDEN.search(value) and unicodedata.is_normalized("NFC", value)


def _is_day(value: str) -> bool:
    if not re.fullmatch(r"(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}", value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True
