#include "test/contract/test_registry.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace tutti::contract {

namespace json = boost::json;
namespace fs = std::filesystem;

TestRegistry::TestRegistry(std::vector<std::string> options)
    : options_(std::move(options)), server_(std::make_unique<RealServer>()) {
    port = free_port();
    server_->write("password", "hunter22\n");
    start();
}

void TestRegistry::start() {
    std::error_code ignored;
    fs::remove(folder() / "control.sock", ignored);
    std::vector<std::string> command{"/usr/bin/env",
                                     "PYTHONDONTWRITEBYTECODE=1",
                                     std::string{"PYTHONPATH="} + TUTTI_SOURCE,
                                     "/usr/bin/python3",
                                     "-m",
                                     "lab.registry",
                                     folder().string(),
                                     "--port",
                                     std::to_string(port),
                                     "--account",
                                     "ClientX:hunter22",
                                     "--account",
                                     "ClientY:hunter33",
                                     "--record",
                                     (folder() / "frames").string()};
    command.insert(command.end(), options_.begin(), options_.end());
    server_->start(command, [this] {
        try {
            control("state");
            return true;
        } catch (const std::exception&) {
            return false; // not yet
        }
    });
    fs::permissions(folder() / "client.key", fs::perms::owner_read);
}

TestRegistry::~TestRegistry() {
    if (!check_frames_) return;
    try {
        EXPECT_EQ(json::serialize(control("state").at("wrong")), "[]");
    } catch (const std::exception& e) {
        ADD_FAILURE() << e.what();
    }
    check_recorded_frames();
}

// See doc/registry.md: against schemas, where somebody has them. changePoll has one of its own.
void TestRegistry::check_recorded_frames() const {
    const char* schemas = std::getenv("TUTTI_EPP_SCHEMAS");
    if (schemas == nullptr || !fs::exists(folder() / "frames")) return;
    std::string files;
    for (const auto& entry : fs::directory_iterator(folder() / "frames")) {
        std::ifstream in{entry.path()};
        const std::string xml{std::istreambuf_iterator<char>{in}, {}};
        if (!xml.contains("changePoll:changeData")) files += " " + entry.path().string();
    }
    const std::string log = (folder() / "schemas.log").string();
    const std::string command =
        std::string{"xmllint --nonet --noout --schema '"} + schemas + "/all.xsd'" + files + " 2>" + log;
    if (files.empty() || std::system(command.c_str()) == 0) return;
    std::ifstream in{log};
    for (std::string line; std::getline(in, line);)
        if (!line.ends_with("validates")) ADD_FAILURE() << line;
}

json::value TestRegistry::control(const std::string& op, json::object arguments) {
    namespace asio = boost::asio;
    asio::io_context context;
    asio::local::stream_protocol::socket socket{context};
    socket.connect((folder() / "control.sock").string());
    arguments["op"] = op;
    asio::write(socket, asio::buffer(json::serialize(arguments) + "\n"));
    std::string line;
    asio::read_until(socket, asio::dynamic_buffer(line), '\n');
    const auto answer = json::parse(line).as_object();
    if (const auto* error = answer.if_contains("error")) throw std::runtime_error(op + ": " + json::serialize(*error));
    return answer.at("ok");
}

void TestRegistry::add_domain(const std::string& name, json::object ns, json::array sec) {
    control("domain", {{"name", name}, {"client", "ClientX"}, {"ns", std::move(ns)}, {"sec", std::move(sec)}});
}

void TestRegistry::fault(const std::string& when, const std::string& what, double value, int times) {
    control("fault", {{"when", when}, {"do", what}, {"value", value}, {"times", times}});
}

json::object TestRegistry::show(const std::string& name, const std::string& kind) {
    const auto found = control("show", {{"name", name}, {"kind", kind}});
    return found.is_object() ? found.as_object() : json::object{};
}

std::vector<json::object> TestRegistry::journal(const std::string& name) {
    std::vector<json::object> out;
    for (const auto& entry : control("journal").as_array())
        if (entry.at("name").as_string() == name) out.push_back(entry.as_object());
    return out;
}

port::ParentSettings TestRegistry::settings() {
    port::ParentSettings s;
    s.name = "lab";
    s.driver = "epp";
    s.servers = {{"127.0.0.1", 53}};
    s.epp = port::EppSettings{.server = "127.0.0.1:" + std::to_string(port),
                              .server_name = {},
                              .client = "ClientX",
                              .password = {port::SecretRef::Kind::file, (server_->folder() / "password").string()},
                              .ca = (folder() / "ca.pem").string(),
                              .certificate = (folder() / "client.pem").string(),
                              .key = port::SecretRef{port::SecretRef::Kind::file, (folder() / "client.key").string()}};
    s.epp->frame_log = (folder() / "frames.log").string();
    return s;
}

std::shared_ptr<parent::EppRegistry> TestRegistry::backend(const port::ParentSettings& settings) {
    return std::make_shared<parent::EppRegistry>(settings, parent::Ports{dns, secrets}, limits);
}

} // namespace tutti::contract
