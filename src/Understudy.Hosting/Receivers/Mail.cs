using System.Globalization;
using System.Net.Security;
using System.Text;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using Understudy.Alarms;
using Understudy.Configuration;

namespace Understudy.Hosting.Receivers;

/// <summary>A message by e-mail. All mails of a cause are one thread.</summary>
internal static class Mail
{
    /// <summary>Sends it.</summary>
    /// <param name="receiver">To whom.</param>
    /// <param name="message">What.</param>
    /// <param name="trusts">Whose certificates are trusted; null for the system's authorities.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    public static async Task<Delivery> SendAsync(EmailReceiver receiver, AlarmMessage message, RemoteCertificateValidationCallback? trusts, CancellationToken cancellationToken)
    {
        using var letter = Letter(receiver, message);
        using var client = new SmtpClient { CheckCertificateRevocation = false, ServerCertificateValidationCallback = trusts };
        try
        {
            // Without STARTTLS a server that stopped offering it would be given the password in the clear.
            await client.ConnectAsync(receiver.Host, receiver.Port, receiver.Port == 465 ? SecureSocketOptions.SslOnConnect : receiver.StartTls ? SecureSocketOptions.StartTls : SecureSocketOptions.None, cancellationToken).ConfigureAwait(false);
            if (receiver.User is { } user) await client.AuthenticateAsync(Encoding.UTF8, user, receiver.Password ?? "", cancellationToken).ConfigureAwait(false);
            await client.SendAsync(letter, cancellationToken).ConfigureAwait(false);
            await client.DisconnectAsync(quit: true, cancellationToken).ConfigureAwait(false);
            return Delivery.Done;
        }
        catch (SslHandshakeException)
        {
            return new("its certificate is not trusted, or TLS failed");
        }
        catch (NotSupportedException)
        {
            return new("it offers no STARTTLS");
        }
        catch (AuthenticationException)
        {
            return new("it refuses the user or the password");
        }
        catch (SmtpCommandException refused)
        {
            var status = (int)refused.StatusCode;
            return new($"it answered {status}", IsFinal: status >= 500);
        }
    }

    private static MimeMessage Letter(EmailReceiver receiver, AlarmMessage message)
    {
        var letter = new MimeMessage { Subject = $"[{Word(message)}] {message.Cause}: {message.Summary}", Date = message.At };
        letter.From.Add(MailboxAddress.Parse(receiver.From));
        foreach (var to in receiver.To) letter.To.Add(MailboxAddress.Parse(to));
        letter.Headers.Add("X-Understudy-Alarm", AsciiOf(message.Key));
        letter.Headers.Add("Auto-Submitted", "auto-generated"); // RFC 3834: no out-of-office answers
        var page = new StringBuilder().Append(message.Summary).Append("\n\n");
        foreach (var alarm in message.Alarms)
        {
            page.Append(CultureInfo.InvariantCulture, $"{alarm.State.Word()}, {AlarmWords.Of(alarm.Severity)}, since {alarm.Since.ToUniversalTime():yyyy-MM-dd HH:mm:ss} UTC\n{alarm.Text}\n{alarm.Id}\n");
            if (alarm.AcknowledgedBy is not null) page.Append(CultureInfo.InvariantCulture, $"acknowledged by {alarm.AcknowledgedBy}: {alarm.AcknowledgedWhy}\n");
            page.Append('\n');
        }

        letter.Body = new TextPart("plain") { Text = page.ToString() };
        return letter;
    }

    private static string Word(AlarmMessage message) => message.Kind switch
    {
        AlarmMessageKind.Resolve => "over",
        AlarmMessageKind.Acknowledge => "acknowledged",
        AlarmMessageKind.Trigger or AlarmMessageKind.Update or AlarmMessageKind.Repeat or AlarmMessageKind.Escalate => AlarmWords.Of(message.Severity),
    };

    private static string AsciiOf(string text) => string.Concat(text.Select(c => c is > ' ' and < (char)127 ? c : '-'));
}
