# SPDX-License-Identifier: Apache-2.0
"""A throw-away certificate authority and a server certificate for loopback."""

import os
import ssl
import subprocess
import tempfile

NAMES = {
    "good": "DNS:localhost,IP:127.0.0.1",
    "wrong-name": "DNS:elsewhere.invalid",
    "unknown-ca": "DNS:localhost,IP:127.0.0.1",
    "expired": "DNS:localhost,IP:127.0.0.1",
}


def openssl(*arguments):
    """Run the openssl program; CalledProcessError if it fails."""
    subprocess.run(("openssl",) + arguments, check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE)


def new_key(path):
    """Make an EC P-256 private key."""
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout",
            "-out", path)
    os.chmod(path, 0o600)


def new_authority(folder, name):
    """Make a certificate authority; return its certificate and key files."""
    key = os.path.join(folder, name + ".key")
    certificate = os.path.join(folder, name + ".pem")
    new_key(key)
    openssl("req", "-x509", "-new", "-key", key, "-sha256", "-days", "2",
            "-subj", "/O=Simulated Azure/CN=" + name,
            "-addext", "keyUsage=critical,keyCertSign,cRLSign",
            "-out", certificate)
    return certificate, key


def new_server(folder, authority, kind):
    """Make a server certificate signed by `authority`; return its files."""
    key = os.path.join(folder, "server.key")
    request = os.path.join(folder, "server.csr")
    certificate = os.path.join(folder, "server.pem")
    extensions = os.path.join(folder, "server.cnf")
    with open(extensions, "w", encoding="ascii") as out:
        out.write("basicConstraints=critical,CA:FALSE\n"
                  "keyUsage=critical,digitalSignature\n"
                  "extendedKeyUsage=serverAuth\n"
                  "subjectAltName=" + NAMES[kind] + "\n")
    new_key(key)
    openssl("req", "-new", "-key", key, "-subj",
            "/O=Simulated Azure/CN=localhost", "-out", request)
    openssl("x509", "-req", "-in", request, "-CA", authority[0],
            "-CAkey", authority[1], "-CAcreateserial", "-sha256",
            "-days", "0" if kind == "expired" else "2",
            "-extfile", extensions, "-out", certificate)
    return certificate, key


def server_context(directory, kind, protocols):
    """
    Write DIRECTORY/ca.pem and return a TLS context that serves a certificate
    which that authority signed. No private key stays on the disk.
    """
    with tempfile.TemporaryDirectory(dir=directory, prefix=".tls-") as folder:
        authority = new_authority(folder, "authority")
        signer = authority
        if kind == "unknown-ca":
            signer = new_authority(folder, "stranger")
        certificate, key = new_server(folder, signer, kind)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(certificate, key)
        context.set_alpn_protocols(protocols)
        os.replace(authority[0], os.path.join(directory, "ca.pem"))
    return context
