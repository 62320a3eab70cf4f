using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Understudy.Gateway.Tests.Alarms;

/// <summary>A mail server that takes letters and keeps them (RFC 5321, STARTTLS by RFC 3207, AUTH PLAIN by RFC 4954).</summary>
internal sealed class SmtpListener : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _accepting;
    private readonly bool _offersTls;
    private readonly string? _refusal;
    private readonly TaskCompletionSource<Letter> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SmtpListener(bool offersTls = false, string? refusal = null)
    {
        _offersTls = offersTls;
        _refusal = refusal;
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var made = request.CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UnixEpoch.AddYears(80));
        Certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public X509Certificate2 Certificate { get; }

    /// <summary>The first letter.</summary>
    public Task<Letter> First => _first.Task.WaitAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
        Certificate.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync();
                await TalkAsync(client.GetStream());
            }
        }
        catch (Exception ended) when (ended is SocketException or InvalidOperationException or IOException or AuthenticationException)
        {
            // The test is over, or the client hung up in a handshake that it did not trust.
        }
    }

    private async Task TalkAsync(Stream stream)
    {
        var (isTls, user, from) = (false, "", "");
        var to = new List<string>();
        await SayAsync("220 test ESMTP");
        while (await LineAsync() is { } line)
        {
            var verb = line.Split(' ', ':')[0].ToUpperInvariant();
            switch (verb)
            {
                case "EHLO":
                    await SayAsync(_offersTls && !isTls ? "250-test\r\n250 STARTTLS" : "250-test\r\n250 AUTH PLAIN");
                    break;
                case "STARTTLS":
                    await SayAsync("220 go on");
                    var tls = new SslStream(stream);
                    await tls.AuthenticateAsServerAsync(Certificate);
                    (stream, isTls) = (tls, true);
                    break;
                case "AUTH":
                    user = Encoding.UTF8.GetString(Convert.FromBase64String(line["AUTH PLAIN ".Length..])).Replace('\0', '|');
                    await SayAsync("235 well");
                    break;
                case "MAIL":
                    from = line[10..];
                    await SayAsync(_refusal ?? "250 well");
                    break;
                case "RCPT":
                    to.Add(line[8..]);
                    await SayAsync("250 well");
                    break;
                case "DATA":
                    await SayAsync("354 go on");
                    var text = new StringBuilder();
                    while (await LineAsync() is { } more && more != ".") text.Append(more).Append('\n');
                    await SayAsync("250 taken");
                    _first.TrySetResult(new(from, to, text.ToString(), isTls, user));
                    break;
                case "QUIT":
                    await SayAsync("221 bye");
                    return;
                default:
                    await SayAsync("250 well");
                    break;
            }
        }

        Task SayAsync(string text) => stream.WriteAsync(Encoding.ASCII.GetBytes(text + "\r\n")).AsTask();

        async Task<string?> LineAsync()
        {
            var bytes = new List<byte>();
            var one = new byte[1];
            while (await stream.ReadAsync(one) == 1)
            {
                if (one[0] == '\n') return Encoding.UTF8.GetString([.. bytes]).TrimEnd('\r');
                bytes.Add(one[0]);
            }

            return null;
        }
    }

    internal sealed record Letter(string From, IReadOnlyList<string> To, string Text, bool WasEncrypted, string User);
}
