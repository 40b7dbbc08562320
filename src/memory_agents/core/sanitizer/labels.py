"""The words that stand beside a secret, by language: add a language, or a word, in one line.

A blank in a word stands for a blank, `_`, `-`, `.` or nothing. A star stands for an ending of up to four
letters. Words are matched in lower case, and what is glued in front of them does not matter, except for the
short ones, which are parts of other words: no letter may touch them, unless camelCase divides them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from memory_agents.core.sanitizer.trie import trie

PASSWORDS = {
    "English": "password, passwd, passphrase, pass phrase, passcode, passwrd, psswd, pswd, passw",
    "German": "passwort*, kennwort*, zugangscode, losungswort",
    "French": "mot de passe, mots de passe, mdp, motdepasse, code d'accès",
    "Spanish": "contraseña*, contrasena, clave",
    "Portuguese": "senha*, palavra passe, palavra chave",
    "Italian": "parola d'ordine, parola d'accesso, parola segreta",
    "Dutch": "wachtwoord*, toegangscode",
    "Polish": "hasł*, haslo",
    "Czech, Slovak": "hesl*",
    "Slovenian, Croatian, Serbian": "gesl*, lozink*, лозинк*, zapork*",
    "Hungarian": "jelszó*, jelszav*",
    "Romanian, Turkish": "parol*, şifre*, sifre, şifrə*",
    "Swedish, Danish, Norwegian": "lösenord*, losenord, adgangskode*, kodeord*, passord*",
    "Finnish, Estonian": "salasana*, parool*",
    "Lithuanian": "slaptažod*",
    "Greek": "κωδικ*, συνθηματικ*",
    "Russian, Ukrainian, Bulgarian": "парол*, гасло",
    "Vietnamese": "mật khẩu, mat khau",
    "Indonesian, Malay": "kata sandi, kata laluan",
    "Thai": "รหัสผ่าน",
    "Hebrew": "סיסמ*",
    "Arabic": "كلمة المرور, كلمة مرور, كلمة السر, كلمه المرور, الرقم السري",
    "Persian, Urdu": "رمز عبور, گذرواژه, پسورد, پاس ورڈ",
    "Hindi, Bengali, Tamil": "पासवर्ड, कूटशब्द, পাসওয়ার্ড, கடவுச்சொல்",
    "Chinese": "密码, 密碼, 口令, 通行码, 通行碼",
    "Japanese": "パスワード, パスフレーズ, パスコード, 暗証番号, 合言葉",
    "Korean": "비밀번호, 패스워드, 암호, 비번",
}
SECRETS = {
    "English": "token, secret, apikey, credential, creds, connection string, private key id, seed phrase"
    ", recovery code, backup code, jwt, bearer",
    "German": "geheimnis*, zugangsdaten, schlüssel*, schluessel*",
    "French": "jeton*, clé*, clef*, identifiants",
    "Spanish": "secreto, llave*, credencial*",
    "Portuguese": "segredo*, chave*, credenciai*",
    "Italian": "segreto, chiave, chiavi, gettone, credenziali",
    "Dutch": "geheim*, sleutel*, inloggegevens",
    "Polish": "klucz*, sekret*, żeton*, poświadczeni*",
    "Czech, Slovak": "klíč*, kľúč*, tajemství",
    "Hungarian": "kulcs*, titok",
    "Romanian, Turkish": "cheie*, anahtar*, belirteç*, gizli",
    "Swedish, Danish, Norwegian": "nyckel*, nøgle*, nøkkel*, hemlighet*, hemmelighed*",
    "Finnish": "avain*, salaisuu*, tunnussana",
    "Greek": "κλειδί*, κλειδι*, διακριτικό, μυστικό",
    "Russian, Ukrainian, Bulgarian": "токен*, ключ*, секрет*",
    "Vietnamese": "khóa, khoá, mã thông báo, mã bí mật",
    "Indonesian, Malay": "kunci, rahasia",
    "Thai": "โทเค็น, คีย์, รหัสลับ",
    "Hebrew": "טוקן, אסימון, מפתח, סוד",
    "Arabic": "مفتاح, رمز, توكن, السر",
    "Persian, Urdu": "کلید, توکن, ٹوکن",
    "Hindi, Bengali, Tamil": "टोकन, कुंजी, गुप्त, টোকেন, டோக்கன்",
    "Chinese": "令牌, 密钥, 密鑰, 秘钥, 金鑰, 密匙, 私钥, 私鑰, 凭证, 憑證, 凭据, 权杖, 權杖, 秘密",
    "Japanese": "トークン, シークレット, キー, 秘密鍵, 鍵, 認証情報",
    "Korean": "토큰, 시크릿, 비밀키, 비밀 키, 인증키, 키, 자격 증명, 비밀",
}
SHORT_PASSWORDS = {"English": "pass, pwd, pw, psw, pword, sshpass, pgpass"}
SHORT_SECRETS = {"key": "key, keys"}
VAGUE = {"English": "auth, pat, sas, otp, session, cookie, salt, dsn, cred, code, license, licence, access"}

_KEYS_OF = """
    api access secret private auth authentication authorization encryption decryption signing signature master
    account service app application admin subscription deploy deployment license licence shared storage root server
    consumer client webhook integration routing ingest ingestion ssh hmac jwt session cookie write live prod
    production staging bot user team org project sdk product activation recovery backup security cipher gpg pgp
    vault unseal wallet rsa aes symmetric bearer functions function host maps management personal developer dev
    instrumentation
"""
KEYS_OF = frozenset(_KEYS_OF.split())
"""what a `key` in prose is the key of; in an identifier such as STRIPE_KEY any word counts but NO_KEYS_OF"""
_NO_KEYS_OF = """
    public primary foreign sort partition hash range object row index cache idempotency composite natural surrogate
    unique lookup map dict json config setting settings column field group order arrow hot shortcut i18n translation
    message locale l10n bucket s3 queue event data item entity meta registry node state reference ref query path
    param parameter pub ledger issue jira feature
"""
NO_KEYS_OF = frozenset(_NO_KEYS_OF.split())
_OTHER_NOUNS = """
    id ids name names file files filename path paths dir url uri urls type types kind length len size sizes count
    counts field fields policy policies expiry expires expiration expired exp ttl lifetime limit limits usage used
    budget price cost manager provider providers store storage ref refs reference arn version versions format
    formats label prompt hint placeholder regex pattern validator validation encoder encoding decoder header headers
    param params parameter index idx position pos location endpoint endpoints host domain algorithm alg algo
    strength rotation age date time timestamp at required requires enabled disabled mode status state error errors
    valid invalid exists missing only authentication authorization handler factory service class interface generator
    generation reset change changed confirm confirmation confirmed input form page screen dialog box column stream
    parser lexer tree node rate bucket pool list array map set per max min total num digest fingerprint hash
    checksum sha sha256 sha1 md5 scope scopes issuer audience claim claims owner user username usernames email env
    variable var vars symbol address contract holder decimals supply ring sharing scanning scanner management rights
"""
NOT_SECRET = frozenset(_OTHER_NOUNS.split())
"""what follows the word in names that hold no secret: `token_count`, `password-policy`"""


class Strength(Enum):
    """How much a word says about what stands beside it."""

    PASSWORD = 1
    """people make them up: `Summer2024!` is one"""
    SECRET = 2
    """machines make them: characters that look random"""
    VAGUE = 3
    """they may be beside anything"""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of the tables, ready to be looked for."""

    root: str
    """what a plain search finds: its first part"""
    pattern: re.Pattern[str]
    strength: Strength
    is_short: bool
    is_key: bool


def _words(tables: Mapping[str, str], strength: Strength, *, is_short: bool = False) -> Iterator[Word]:
    for name, line in tables.items():
        for word in line.split(", "):
            parts = word.rstrip("*").split(" ")
            ending = r"[^\W\d_]{0,4}" if word.endswith("*") else ""
            pattern = re.compile(r"[ _.\-]?".join(map(re.escape, parts)) + ending)
            yield Word(parts[0], pattern, strength, is_short, name == "key")


_ALL = (
    *_words(PASSWORDS, Strength.PASSWORD),
    *_words(SECRETS, Strength.SECRET),
    *_words(SHORT_PASSWORDS, Strength.PASSWORD, is_short=True),
    *_words(SHORT_SECRETS, Strength.SECRET, is_short=True),
    *_words(VAGUE, Strength.VAGUE, is_short=True),
)
ROOTS = trie(word.root for word in _ALL)
ASCII_ROOTS = trie(word.root for word in _ALL if word.root.isascii())
WORDS = {root: tuple(word for word in _ALL if root.startswith(word.root)) for root in {word.root for word in _ALL}}
"""by the root that was found: whatever may begin there"""
