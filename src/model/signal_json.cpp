#include "model/json.hpp"
#include "model/json_io.hpp"

namespace tutti::model {

namespace json_io {

template <>
struct Blank<SignalPlace> {
    static SignalPlace make() { return {dns::Name::root(), {}}; }
};
template <>
struct Blank<SignalRecords> {
    static SignalRecords make() { return {Blank<SignalPlace>::make(), dns::Name::root(), {}, {}}; }
};

} // namespace json_io

template <class Io, class T>
    requires std::same_as<std::remove_const_t<T>, SignalRecords>
void describe(Io& io, T& v) {
    io.field("zone", v.place.zone);
    io.field("signer", v.place.signer);
    io.field("owner", v.owner);
    io.field("cds", v.cds, {});
    io.field("cdnskey", v.cdnskey, {});
}

template <class Io, class T>
    requires std::same_as<std::remove_const_t<T>, SignalState>
void describe(Io& io, T& v) {
    io.field("ours", v.ours, {});
    io.field("notes", v.notes, {});
    io.field("complete", v.complete, false);
}

boost::json::value to_json(const SignalState& v) {
    return json_io::write(v);
}

Expected<SignalState> signals_from_json(const boost::json::value& v) {
    return json_io::parse<SignalState>(v, "signals");
}

} // namespace tutti::model
