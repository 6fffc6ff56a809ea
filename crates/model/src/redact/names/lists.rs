//! The words by which names are judged.

/// First words of options that say whether, not what.
pub(super) fn is_switch(word: &[u8]) -> bool {
    matches!(
        word,
        b"no"
            | b"disable"
            | b"enable"
            | b"require"
            | b"skip"
            | b"ignore"
            | b"without"
            | b"allow"
            | b"is"
            | b"has"
            | b"hide"
    )
}

/// Last words that say that the value is something about a secret, not the secret.
pub(super) fn is_neutral(word: &[u8]) -> bool {
    matches!(
        word,
        b"file"
            | b"files"
            | b"filename"
            | b"path"
            | b"paths"
            | b"dir"
            | b"directory"
            | b"folder"
            | b"jar"
            | b"store"
            | b"keystore"
            | b"keychain"
            | b"keyring"
            | b"keytab"
            | b"cache"
            | b"url"
            | b"uri"
            | b"endpoint"
            | b"host"
            | b"port"
            | b"server"
            | b"service"
            | b"domain"
            | b"type"
            | b"mode"
            | b"method"
            | b"methods"
            | b"scheme"
            | b"format"
            | b"algorithm"
            | b"alg"
            | b"version"
            | b"provider"
            | b"providers"
            | b"plugin"
            | b"helper"
            | b"manager"
            | b"command"
            | b"cmd"
            | b"program"
            | b"source"
            | b"backend"
            | b"engine"
            | b"name"
            | b"names"
            | b"id"
            | b"ids"
            | b"env"
            | b"var"
            | b"variable"
            | b"header"
            | b"prefix"
            | b"suffix"
            | b"field"
            | b"claim"
            | b"audience"
            | b"issuer"
            | b"realm"
            | b"scope"
            | b"scopes"
            | b"limit"
            | b"count"
            | b"size"
            | b"length"
            | b"len"
            | b"usage"
            | b"budget"
            | b"rate"
            | b"window"
            | b"ttl"
            | b"expiry"
            | b"expires"
            | b"expiration"
            | b"lifetime"
            | b"duration"
            | b"interval"
            | b"timeout"
            | b"refresh"
            | b"rotation"
            | b"stdin"
            | b"prompt"
            | b"fd"
            | b"policy"
            | b"enabled"
            | b"disabled"
            | b"required"
            | b"authentication"
            | b"generation"
            | b"reset"
            | b"index"
            | b"handle"
            | b"through"
            | b"forward"
            | b"caching"
            | b"encoding"
            | b"separator"
            | b"manifest"
    )
}

/// Words beside `tokens` that make them a quantity: `--max-output-tokens 4096`.
pub(super) fn is_measure(word: &[u8]) -> bool {
    matches!(
        word,
        b"max"
            | b"min"
            | b"maximum"
            | b"minimum"
            | b"num"
            | b"number"
            | b"n"
            | b"limit"
            | b"budget"
            | b"count"
            | b"per"
            | b"total"
            | b"context"
            | b"input"
            | b"output"
            | b"thinking"
            | b"reasoning"
            | b"completion"
            | b"prompt"
            | b"new"
            | b"batched"
            | b"stop"
            | b"pad"
            | b"eos"
            | b"bos"
            | b"special"
            | b"cancellation"
    )
}

/// Words that make any name secret.
pub(super) fn is_secret_word(word: &[u8]) -> bool {
    matches!(
        word,
        b"token"
            | b"tokens"
            | b"secret"
            | b"secrets"
            | b"password"
            | b"passwords"
            | b"passwd"
            | b"passphrase"
            | b"passcode"
            | b"apikey"
            | b"apikeys"
            | b"credential"
            | b"credentials"
            | b"creds"
            | b"cred"
            | b"bearer"
            | b"jwt"
            | b"authorization"
            | b"authorisation"
            | b"cookie"
            | b"cookies"
            | b"psk"
            | b"hmac"
            | b"mnemonic"
            | b"totp"
            | b"privkey"
            | b"authkey"
            | b"passkey"
    )
}

/// Ends of names that are written in one word: `dbpassword`, `APIkey`.
pub(super) fn ends_in_secret(squashed: &[u8]) -> bool {
    // By the last letter, so that most names are compared with few ends.
    let ends: &[&[u8]] = match squashed.last() {
        Some(b'n') => &[b"token"],
        Some(b'd') => &[b"password", b"passwd"],
        Some(b'e') => &[b"passphrase", b"seedphrase"],
        Some(b't') => &[b"secret"],
        Some(b'l') => &[b"credential"],
        Some(b'h') => &[b"masterauth"],
        Some(b'y') => &[
            b"apikey",
            b"secretkey",
            b"accesskey",
            b"privatekey",
            b"authkey",
            b"signingkey",
            b"encryptionkey",
            b"licensekey",
        ],
        Some(b's') => &[
            b"apikeys",
            b"credentials",
            b"requirepass",
            b"dbpass",
            b"userpass",
            b"storepass",
            b"keypass",
        ],
        _ => &[],
    };
    ends.iter().any(|end| squashed.ends_with(end))
}

/// Ends of names of addresses that often hold a password.
pub(super) fn is_address(squashed: &[u8]) -> bool {
    let Some(start) = [&b"url"[..], b"uri", b"dsn", b"string", b"str"]
        .into_iter()
        .find_map(|end| squashed.strip_suffix(end))
    else {
        return false;
    };
    if squashed.ends_with(b"dsn") {
        return true;
    }
    let stores: &[&[u8]] = if squashed.ends_with(b"url") || squashed.ends_with(b"uri") {
        &[
            b"database",
            b"db",
            b"connection",
            b"postgres",
            b"postgresql",
            b"mysql",
            b"mongo",
            b"mongodb",
            b"redis",
            b"amqp",
            b"rabbitmq",
            b"broker",
        ]
    } else {
        &[b"connection", b"conn"]
    };
    stores.iter().any(|end| start.ends_with(end))
}
