#include "dnssec/crypto.hpp"

#include "dns/wire.hpp"
#include "dnssec/hash.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <memory>

namespace tutti::dnssec {

namespace {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;

const unsigned char* octets(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

Key from_params(const char* type, int selection, OSSL_PARAM* params) {
    const KeyContext context{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
    EVP_PKEY* key = nullptr;
    if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, selection, params) != 1)
        return nullptr;
    return Key{key};
}

// A curve without a key on it: making one anew for each key would cost more than the rest of making the key.
Key curve(const char* name) {
    std::string text{name};
    std::array params{OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, text.data(), 0),
                      OSSL_PARAM_construct_end()};
    return from_params("EC", EVP_PKEY_KEY_PARAMETERS, params.data());
}

// Also checks that the point is on the curve.
bool set_point(EVP_PKEY* out, const Dnskey& key, std::size_t coordinate) {
    if (key.public_key.size() != 2 * coordinate) return false;
    const std::string point = '\4' + key.public_key; // uncompressed
    return EVP_PKEY_set1_encoded_public_key(out, octets(point), point.size()) == 1;
}

Key ecdsa_key(const Dnskey& key, const EVP_PKEY* on_curve, std::size_t coordinate) {
    if (on_curve == nullptr) return nullptr;
    Key out{EVP_PKEY_new()};
    if (!out || EVP_PKEY_copy_parameters(out.get(), on_curve) != 1 || !set_point(out.get(), key, coordinate))
        return nullptr;
    return out;
}

Key rsa_key(const Dnskey& key) { // RFC 3110 section 2
    dns::Reader reader{key.public_key};
    std::size_t size = reader.u8();
    if (size == 0) size = reader.u16();
    const auto exponent = reader.bytes(size), modulus = reader.bytes(reader.left());
    if (reader.failed() || exponent.empty() || modulus.empty()) return nullptr;
    const Number e{BN_bin2bn(octets(exponent), static_cast<int>(exponent.size()), nullptr)};
    const Number n{BN_bin2bn(octets(modulus), static_cast<int>(modulus.size()), nullptr)};
    const ParamBuilder builder{OSSL_PARAM_BLD_new()};
    if (!e || !n || !builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1)
        return nullptr;
    const Params params{OSSL_PARAM_BLD_to_param(builder.get())};
    return params ? from_params("RSA", EVP_PKEY_PUBLIC_KEY, params.get()) : nullptr;
}

// RFC 6605 has the two numbers side by side, OpenSSL wants them in DER: SEQUENCE of two INTEGER.
std::string der(std::string_view signature) {
    const auto integer = [](std::string_view number) {
        while (number.size() > 1 && number[0] == '\0') number.remove_prefix(1);
        const bool negative = (static_cast<unsigned char>(number[0]) & 0x80) != 0;
        std::string out{'\2', static_cast<char>(number.size() + (negative ? 1 : 0))};
        if (negative) out += '\0';
        return out.append(number);
    };
    const std::string both =
        integer(signature.substr(0, signature.size() / 2)) + integer(signature.substr(signature.size() / 2));
    return std::string{'\x30', static_cast<char>(both.size())} + both; // at most 102 octets
}

// The curves, made once.
struct Curves {
    Key p256 = curve("P-256"), p384 = curve("P-384");
};
const Curves& curves() {
    static const Curves both;
    return both;
}

// A key with which signatures can be verified; without `key` it is none.
struct Ready {
    Key key;
    KeyContext context; // null: EdDSA, which has the digest inside
    const EVP_MD* hash = nullptr;
    std::size_t ecdsa = 0; // octets of a coordinate
};

Ready with_hash(Key key, const EVP_MD* hash, std::size_t ecdsa) {
    Ready out{std::move(key), {}, hash, ecdsa};
    if (!out.key) return {};
    out.context.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, out.key.get(), nullptr));
    if (!out.context || EVP_PKEY_verify_init(out.context.get()) != 1) return {};
    if (ecdsa == 0 && (EVP_PKEY_CTX_set_rsa_padding(out.context.get(), RSA_PKCS1_PADDING) != 1 ||
                       EVP_PKEY_CTX_set_signature_md(out.context.get(), hash) != 1))
        return {};
    return out;
}

Ready eddsa(const Dnskey& key, int type) {
    return {
        Key{EVP_PKEY_new_raw_public_key(type, nullptr, octets(key.public_key), key.public_key.size())}, {}, nullptr, 0};
}

bool known(std::uint8_t algorithm) {
    return algorithm == 8 || algorithm == 10 || (algorithm >= 13 && algorithm <= 16);
}

// Most keys are on P-256. `spare`: of keys that are not needed any more.
Ready p256(const Dnskey& key, std::vector<Ready>& spare) {
    if (spare.empty()) return with_hash(ecdsa_key(key, curves().p256.get(), 32), sha256(), 32);
    Ready out = std::move(spare.back());
    spare.pop_back();
    // Only with another init is it certain that the context sees the new key, whatever computes it.
    if (!set_point(out.key.get(), key, 32) || EVP_PKEY_verify_init(out.context.get()) != 1) return {};
    return out;
}

Ready make_ready(const Dnskey& key, std::vector<Ready>& spare) {
    switch (key.algorithm) {
    case 8:
        return with_hash(rsa_key(key), sha256(), 0);
    case 10:
        return with_hash(rsa_key(key), sha512(), 0);
    case 13:
        return p256(key, spare);
    case 14:
        return with_hash(ecdsa_key(key, curves().p384.get(), 48), sha384(), 48);
    case 15:
        return eddsa(key, EVP_PKEY_ED25519);
    default:
        return eddsa(key, EVP_PKEY_ED448);
    }
}

bool good(const Ready& ready, std::string_view data, std::string_view signature) {
    if (!ready.key) return false;
    if (!ready.context) {
        const DigestContext context{EVP_MD_CTX_new()};
        return context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, ready.key.get()) == 1 &&
               EVP_DigestVerify(context.get(), octets(signature), signature.size(), octets(data), data.size()) == 1;
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(data.data(), data.size(), digest.data(), &size, ready.hash, nullptr) != 1) return false;
    if (ready.ecdsa != 0 && signature.size() != 2 * ready.ecdsa) return false;
    const std::string form = ready.ecdsa != 0 ? der(signature) : std::string{signature};
    return EVP_PKEY_verify(ready.context.get(), octets(form), form.size(), digest.data(), size) == 1;
}

constexpr std::size_t kShelf = 32; // keys; a hostile zone may have any number

} // namespace

struct KeyShelf::Keys {
    std::vector<std::pair<Dnskey, Ready>> all;
    std::vector<Ready> spare;
};

KeyShelf::KeyShelf() : keys_(std::make_unique<Keys>()) {}
KeyShelf::~KeyShelf() = default;

void KeyShelf::clear() {
    for (auto& [key, ready] : keys_->all)
        if (key.algorithm == 13 && ready.key && keys_->spare.size() < kShelf) keys_->spare.push_back(std::move(ready));
    keys_->all.clear();
}

SigStatus verify_octets(std::string_view data, std::string_view signature, const Dnskey& key, KeyShelf* shelf) {
    if (!known(key.algorithm)) return SigStatus::unsupported;
    const auto verdict = [&](const Ready& ready) {
        return good(ready, data, signature) ? SigStatus::valid : SigStatus::bad_signature;
    };
    std::vector<Ready> none;
    if (shelf == nullptr) return verdict(make_ready(key, none));
    auto& [all, spare] = shelf->keys();
    const auto found = std::ranges::find(all, key, &std::pair<Dnskey, Ready>::first);
    if (found != all.end()) return verdict(found->second);
    if (all.size() >= kShelf) return verdict(make_ready(key, none));
    return verdict(all.emplace_back(key, make_ready(key, spare)).second);
}

} // namespace tutti::dnssec
