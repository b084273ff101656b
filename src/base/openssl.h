/* openssl.h - OpenSSL's headers beside ours: its ERR_STATE type would hide our ERR_STATE code. */
#ifndef BASE_OPENSSL_H
#define BASE_OPENSSL_H

#define ERR_STATE OPENSSL_ERR_STATE
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#undef ERR_STATE

#endif
