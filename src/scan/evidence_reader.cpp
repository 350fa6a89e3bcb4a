#include "scan/evidence_reader.hpp"

#include "dnssec/keys.hpp"
#include "dnssec/verify.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::scan {

namespace {

using accept::Answer;
using accept::Outcome;
using dns::Type;

// What is wrong with RDATA of the types that are judged; empty: nothing.
std::string misfit(Type type, const dns::Rdata& rdata) {
    const auto why = [](const auto& parsed) { return parsed ? std::string{} : parsed.error().seen; };
    switch (type) {
    case Type::CDS:
        return why(dnssec::parse_ds(rdata));
    case Type::CDNSKEY:
    case Type::DNSKEY:
        return why(dnssec::parse_dnskey(rdata));
    case Type::CSYNC:
        return why(dns::parse_csync(rdata));
    case Type::SOA:
        return why(dns::parse_soa(rdata));
    case Type::NS:
        return why(dns::ns_target(rdata));
    case Type::A:
        return rdata.size() == 4 ? "" : "an address of the wrong size";
    case Type::AAAA:
        return rdata.size() == 16 ? "" : "an address of the wrong size";
    default:
        return {};
    }
}

std::vector<dns::Rdata> rrsigs_over(std::span<const dns::Record> section, const dns::Name& owner, Type type) {
    std::vector<dns::Rdata> out;
    const auto high = static_cast<char>(static_cast<std::uint16_t>(type) >> 8),
               low = static_cast<char>(static_cast<std::uint16_t>(type) & 0xff);
    for (const auto& record : section)
        if (record.type == Type::RRSIG && record.owner == owner && record.rdata.size() > 18 &&
            record.rdata[0] == high && record.rdata[1] == low)
            out.push_back(record.rdata);
    return out;
}

std::vector<accept::SignedSet> denial_of(std::span<const dns::Record> authority, const accept::Policy& limits) {
    std::vector<accept::SignedSet> out;
    std::vector<dns::Record> proofs;
    for (const auto& record : authority)
        if ((record.type == Type::NSEC || record.type == Type::NSEC3 || record.type == Type::SOA) &&
            proofs.size() < limits.max_records)
            proofs.push_back(record);
    for (auto& set : dns::rrsets(proofs)) {
        auto sigs = rrsigs_over(authority, set.owner, set.type);
        if (sigs.size() > limits.max_rrsigs) sigs.resize(limits.max_rrsigs);
        out.push_back({std::move(set), std::move(sigs)});
    }
    return out;
}

void be(Answer& answer, Outcome outcome, std::string detail) {
    answer.outcome = outcome;
    answer.detail = std::move(detail);
}

void take_set(Answer& answer, const dns::Message& message, const dns::Question& question,
              const accept::Policy& limits) {
    auto set = dns::find_rrset(message.answer, question.name, question.type);
    if (!set)
        return be(answer, Outcome::mismatched,
                  fmt::format("the answer holds {} {} instead", message.answer.front().owner.text(),
                              dns::to_string(message.answer.front().type)));
    if (set->rdata.size() > limits.max_records)
        return be(answer, Outcome::too_big,
                  fmt::format("{} records, more than {}", set->rdata.size(), limits.max_records));
    for (const auto& rdata : set->rdata)
        if (auto why = misfit(question.type, rdata); !why.empty())
            return be(answer, Outcome::malformed, std::move(why));
    answer.rrsigs = rrsigs_over(message.answer, question.name, question.type);
    if (answer.rrsigs.size() > limits.max_rrsigs) {
        const auto count = answer.rrsigs.size();
        answer.rrsigs.clear();
        return be(answer, Outcome::too_big, fmt::format("{} signatures, more than {}", count, limits.max_rrsigs));
    }
    answer.outcome = Outcome::records;
    answer.set = std::move(set);
}

} // namespace

Answer read_answer(const dns::Question& question, const RawReply& raw, const accept::Policy& limits, bool keep_denial) {
    Answer out;
    out.outcome = raw.outcome;
    out.transport = raw.transport;
    out.rtt = raw.rtt;
    out.detail = raw.detail;
    if (raw.message.empty()) { // nothing came; and an answer that is empty is none
        if (raw.outcome == Outcome::records) be(out, Outcome::malformed, "an empty message");
        return out;
    }
    const auto message = dns::parse_message(raw.message);
    if (!message) {
        be(out, Outcome::malformed, message.error().seen);
        return out;
    }
    out.rcode = static_cast<std::uint16_t>(message->rcode);
    if (message->edns && message->edns->ede)
        out.detail = fmt::format("EDE {}{}{}", *message->edns->ede, message->edns->ede_text.empty() ? "" : ": ",
                                 message->edns->ede_text.substr(0, 200));
    if (raw.outcome != Outcome::records && raw.outcome != Outcome::nxdomain) return out;
    if (!message->authoritative) {
        be(out, Outcome::lame, "it answers without authority: it does not have the zone");
        return out;
    }
    if (raw.outcome == Outcome::records && !message->answer.empty()) {
        take_set(out, *message, question, limits);
        return out;
    }
    if (raw.outcome == Outcome::records) out.outcome = Outcome::nodata;
    if (keep_denial) out.denial = denial_of(message->authority, limits);
    return out;
}

namespace {

constexpr std::size_t kHeader = 12, kIdSize = 2;

// Where the name of the question ends, if that is the one that was asked for; otherwise 0.
std::size_t question_end(const std::vector<std::uint8_t>& message, const dns::Name& name) {
    const std::string& wire = name.wire();
    if (message.size() < kHeader + wire.size() || message[4] != 0 || message[5] != 1) return 0;
    const auto lower = [](std::uint8_t c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; };
    for (std::size_t i = 0; i < wire.size(); ++i)
        if (lower(message[kHeader + i]) != static_cast<std::uint8_t>(wire[i])) return 0;
    return kHeader + wire.size();
}

// Nothing but the ID, and the case of the name in the question, differs. NSEC keeps the case of the name in it (RFC
// 6840 5.1), which a pointer may take from the question: where NSEC is read, the case counts.
bool alike(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b, const dns::Name& name,
           bool case_counts) {
    if (a.size() != b.size()) return false;
    if (case_counts) return a.size() > kIdSize && std::equal(a.begin() + kIdSize, a.end(), b.begin() + kIdSize);
    const std::size_t end = question_end(a, name);
    if (end == 0 || end != question_end(b, name)) return false;
    return std::equal(a.begin() + kIdSize, a.begin() + kHeader, b.begin() + kIdSize) &&
           std::ranges::equal(std::span{a}.subspan(end), std::span{b}.subspan(end));
}

} // namespace

Answer AnswerReader::read(const dns::Question& question, const RawReply& raw) {
    for (const auto& k : known_) {
        if (k.question != question || k.raw->outcome != raw.outcome || k.raw->detail != raw.detail ||
            !alike(k.raw->message, raw.message, question.name, keep_denial_ || question.type == dns::Type::NSEC))
            continue;
        Answer same = k.answer;
        same.transport = raw.transport;
        same.rtt = raw.rtt;
        return same;
    }
    known_.push_back({question, &raw, read_answer(question, raw, limits_, keep_denial_)});
    return known_.back().answer;
}

} // namespace tutti::scan
