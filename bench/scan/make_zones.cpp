// Many small signed zones in the middle of a key rollover, for the scan benchmark: keys and signatures made directly,
// since a signer for each zone would take hours. make_zones FOLDER COUNT ADDRESS PORT
//
// Each child has two ECDSA P-256 keys, both sign DNSKEY, CDS and CDNSKEY, and CDS asks for a DS of the second one. So
// one set of zones is all that is needed: with a DS of the second key at the parent nothing is to change, with a DS of
// the first key everything is.
//
// FOLDER/zones/..., FOLDER/nsd.conf; FOLDER/children: a line for each child: name, DS of the first key, DS of the
// second.
#include "dnssec/keys.hpp"

#include <fmt/format.h>
#include <fmt/os.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <vector>

namespace {

using tutti::dns::Name;
using tutti::dns::Rdata;
using tutti::dns::Type;

struct Key {
    std::shared_ptr<EVP_PKEY> pkey;
    tutti::dnssec::Dnskey dnskey;
};

Key make_key() {
    Key out{{EVP_EC_gen("P-256"), EVP_PKEY_free}, {}};
    std::string point(65, '\0');
    std::size_t size = 0;
    if (!out.pkey ||
        EVP_PKEY_get_octet_string_param(out.pkey.get(), "pub", reinterpret_cast<unsigned char*>(point.data()),
                                        point.size(), &size) != 1 ||
        size != point.size())
        throw std::runtime_error("no key");
    out.dnskey.public_key = point.substr(1);
    return out;
}

std::string sign(const Key& key, const std::string& data) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
    std::string der(128, '\0');
    std::size_t size = der.size();
    if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.pkey.get()) != 1 ||
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(der.data()), &size,
                       reinterpret_cast<const unsigned char*>(data.data()), data.size()) != 1)
        throw std::runtime_error("no signature");
    const auto* in = reinterpret_cast<const unsigned char*>(der.data());
    const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> both{
        d2i_ECDSA_SIG(nullptr, &in, static_cast<long>(size)), ECDSA_SIG_free};
    std::string out(64, '\0');
    auto* raw = reinterpret_cast<unsigned char*>(out.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(both.get()), raw, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(both.get()), raw + 32, 32);
    return out;
}

void put(std::string& out, std::uint64_t value, int octets) {
    for (int i = octets; i-- > 0;) out += static_cast<char>(value >> (8 * i) & 0xff);
}

class Zone {
  public:
    Zone(const Name& name, std::uint32_t now) : name_(name), now_(now) {}

    void add(Type type, std::vector<Rdata> rdata, const std::vector<const Key*>& keys) {
        std::ranges::sort(rdata);
        for (const auto& r : rdata) line(type, r);
        for (const Key* key : keys) line(Type::RRSIG, rrsig(type, rdata, *key));
    }
    const std::string& text() const { return text_; }

  private:
    static constexpr std::uint32_t kTtl = 3600, kDay = 86400;

    void line(Type type, const Rdata& rdata) {
        text_ += fmt::format("{} {} IN {} {}\n", name_.text(), kTtl, to_string(type), rdata_text(type, rdata));
    }
    Rdata rrsig(Type type, const std::vector<Rdata>& sorted, const Key& key) const {
        Rdata head;
        put(head, static_cast<std::uint16_t>(type), 2);
        put(head, key.dnskey.algorithm, 1);
        put(head, name_.labels(), 1);
        put(head, kTtl, 4);
        put(head, now_ + 30 * kDay, 4);
        put(head, now_ - kDay, 4);
        put(head, key.dnskey.tag(), 2);
        head += name_.wire();
        std::string data = head;
        for (const auto& r : sorted) {
            data += name_.wire();
            put(data, static_cast<std::uint16_t>(type), 2);
            put(data, 1, 2);
            put(data, kTtl, 4);
            put(data, r.size(), 2);
            data += r;
        }
        return head + sign(key, data);
    }

    const Name& name_;
    std::uint32_t now_;
    std::string text_;
};

// SOA NS RRSIG NSEC DNSKEY CDS CDNSKEY, and the next name is the zone's own.
Rdata nsec(const Name& zone) {
    std::string bits(8, '\0');
    for (const unsigned type : {2U, 6U, 46U, 47U, 48U, 59U, 60U})
        bits[type / 8] = static_cast<char>(static_cast<unsigned char>(bits[type / 8]) | 0x80U >> type % 8);
    return zone.wire() + std::string{'\0', '\x08'} + bits;
}

void make_zone(const std::string& folder, std::size_t i, std::uint32_t now, std::FILE* children, fmt::ostream& config) {
    const Name name = Name::parse(fmt::format("c{:07}.bench", i)).value();
    const Key first = make_key(), second = make_key();
    const std::vector<const Key*> both{&first, &second};
    const auto ds = [&](const Key& key) { return make_ds(name, key.dnskey, 2).value().rdata(); };
    Zone zone(name, now);
    zone.add(Type::SOA, {parse_rdata(Type::SOA, "ns1.oper.bench. admin.oper.bench. 1 3600 900 604800 300").value()},
             {&second});
    zone.add(Type::NS, {parse_rdata(Type::NS, "ns1.oper.bench.").value()}, {&second});
    zone.add(Type::DNSKEY, {first.dnskey.rdata(), second.dnskey.rdata()}, both);
    zone.add(Type::CDS, {ds(second)}, both);
    zone.add(Type::CDNSKEY, {second.dnskey.rdata()}, both);
    zone.add(Type::NSEC, {nsec(name)}, {&second});
    const std::string file = fmt::format("{}/zones/{:03}/c{:07}", folder, i / 1000, i);
    fmt::output_file(file).print("{}", zone.text());
    fmt::print(children, "{} {} / {}\n", name.text(), rdata_text(Type::DS, ds(first)),
               rdata_text(Type::DS, ds(second)));
    config.print("zone:\n  name: \"{}\"\n  zonefile: \"{}\"\n", name.text(), file);
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 5) return 64;
    const std::string folder = argv[1];
    const std::size_t count = std::stoul(argv[2]);
    const auto now =
        static_cast<std::uint32_t>(std::chrono::system_clock::now().time_since_epoch() / std::chrono::seconds{1});
    for (std::size_t i = 0; i <= count / 1000; ++i)
        std::filesystem::create_directories(fmt::format("{}/zones/{:03}", folder, i));
    std::FILE* children = std::fopen((folder + "/children").c_str(), "w");
    if (children == nullptr) return 1;
    auto config = fmt::output_file(folder + "/nsd.conf");
    config.print(
        "server:\n  username: \"\"\n  zonesdir: \"{0}\"\n  pidfile: \"{0}/nsd.pid\"\n  xfrdfile: \"{0}/xfrd\"\n"
        "  xfrdir: \"{0}\"\n  zonelistfile: \"{0}/zone.list\"\n  database: \"\"\n  server-count: 1\n"
        "  tcp-count: 200\n  rrl-ratelimit: 0\n",
        folder);
    for (int k = 1; k <= 4; ++k) config.print("  ip-address: {}{}@{}\n", argv[3], k, argv[4]);
    config.print("remote-control:\n  control-enable: no\n");
    for (std::size_t i = 0; i < count; ++i) make_zone(folder, i, now, children, config);
    return std::fclose(children) == 0 ? 0 : 1;
}
