# What is installed, and the Debian package of it (./dev package). The manual pages and completions come from the
# program itself (target package_files), so that they cannot be wrong about it.
include(GNUInstallDirs)
set(MADE ${CMAKE_BINARY_DIR}/package)
set(PACK ${PROJECT_SOURCE_DIR}/pack)

add_custom_target(package_files
  COMMAND ${CMAKE_COMMAND} -E make_directory ${MADE}
  COMMAND sh ${PACK}/make.sh $<TARGET_FILE:tutti> ${MADE}
  DEPENDS tutti VERBATIM)

install(TARGETS tutti RUNTIME DESTINATION bin)
install(FILES ${MADE}/tutti.1.gz ${MADE}/tutti-parent.1.gz DESTINATION share/man/man1)
install(FILES ${MADE}/tutti.toml.5.gz DESTINATION share/man/man5)
install(FILES ${MADE}/tutti.bash DESTINATION share/bash-completion/completions RENAME tutti)
install(FILES ${MADE}/_tutti DESTINATION share/zsh/vendor-completions)
install(FILES ${MADE}/tutti.fish DESTINATION share/fish/vendor_completions.d)
install(FILES ${PACK}/systemd/tutti.service ${PACK}/systemd/tutti-parent.service DESTINATION /lib/systemd/system)
install(FILES ${PACK}/systemd/tutti.tmpfiles DESTINATION lib/tmpfiles.d RENAME tutti.conf)
install(FILES ${PACK}/tutti.toml DESTINATION /etc/tutti PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ)
file(GLOB pages ${PROJECT_SOURCE_DIR}/doc/*.md ${PROJECT_SOURCE_DIR}/doc/*.svg)
install(FILES ${pages} ${PACK}/deb/copyright ${MADE}/changelog.Debian.gz DESTINATION share/doc/tutti)
install(FILES ${PACK}/deb/lintian-overrides DESTINATION share/lintian/overrides RENAME tutti)
install(FILES ${PACK}/prometheus/alerts.yml ${PACK}/prometheus/dashboard.json DESTINATION share/tutti/prometheus)

set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)
set(CPACK_GENERATOR DEB)
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_NAME tutti)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The Tutti developers <tutti@tutti.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "DNSSEC with several signers of one zone, and DS automation")
set(CPACK_PACKAGE_DESCRIPTION "A controller that lets DNS operators join and leave a signed zone without
any cache ever holding answers that do not validate (RFC 8901), and a
parent's agent that carries CDS, CDNSKEY and CSYNC of children into a
registry. Also a check of zones from outside, and a simulator.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, init-system-helpers (>= 1.51)")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates, dns-root-data")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PACK}/deb/postinst;${PACK}/deb/prerm;${PACK}/deb/postrm;${PACK}/deb/conffiles)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_OUTPUT_FILE_PREFIX ${PROJECT_SOURCE_DIR}/build/package)
include(CPack)
