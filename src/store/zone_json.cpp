#include "store/zone_json.hpp"

#include "model/json.hpp"
#include "model/json_io.hpp"

namespace tutti::port {

template <class Io, class T>
    requires std::same_as<std::remove_const_t<T>, Transition>
void describe(Io& io, T& v) {
    io.field("from", v.from);
    io.field("to", v.to);
    io.field("started_us", v.started);
    io.field("ended_us", v.ended, kNever);
    io.field("minimum_s", v.minimum_s);
}

} // namespace tutti::port

namespace tutti::store {

namespace {

namespace json_io = model::json_io;

template <class T, class From>
Expected<void> read(std::string_view text, From from, T& out) {
    auto value = model::parse_json(text);
    if (!value) return std::unexpected(value.error());
    auto parsed = from(*value);
    if (!parsed) return std::unexpected(parsed.error());
    out = *std::move(parsed);
    return {};
}

} // namespace

ZoneTexts to_texts(const port::ZoneRecord& r) {
    ZoneTexts out;
    out.intent = serialize(model::to_json(r.intent));
    out.decision = serialize(model::to_json(r.decision));
    out.settled = serialize(json_io::write(r.settled));
    if (r.knowledge) out.knowledge = serialize(model::to_json(*r.knowledge));
    if (r.transition) out.transition = transition_to_text(*r.transition);
    return out;
}

Expected<void> from_texts(const ZoneTexts& texts, port::ZoneRecord& r) {
    const auto names = [](const auto& v) { return json_io::parse<std::vector<std::string>>(v, "settled"); };
    auto ok = read(texts.intent, model::intent_from_json, r.intent);
    if (ok) ok = read(texts.decision, model::decision_from_json, r.decision);
    if (ok) ok = read(texts.settled, names, r.settled);
    if (ok && texts.knowledge) ok = read(*texts.knowledge, model::knowledge_from_json, r.knowledge);
    if (ok && texts.transition) {
        auto one = transition_from_text(*texts.transition);
        if (one)
            r.transition = *std::move(one);
        else
            ok = std::unexpected(one.error());
    }
    if (ok) return {};
    Error error = ok.error();
    error.kind = ErrorKind::internal; // the database, not the input of the caller
    error.where = "database, zone " + r.zone.text() + ", " + error.where;
    error.remedy = "the database was damaged or changed by hand: restore a backup, or remove the zone and add it again";
    return std::unexpected(std::move(error));
}

std::string transition_to_text(const port::Transition& transition) {
    return serialize(json_io::write(transition));
}

Expected<port::Transition> transition_from_text(std::string_view text) {
    auto value = model::parse_json(text);
    if (!value) return std::unexpected(value.error());
    return json_io::parse<port::Transition>(*value, "transition");
}

} // namespace tutti::store
