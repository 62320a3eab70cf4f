using System.Globalization;
using Understudy.Configuration;

namespace Understudy.PolicyFile.Reading;

/// <summary>Reads <c>alarms.receivers</c>: each is of one kind, and its address may itself be the secret.</summary>
internal sealed class ReceiversReader(MistakeList mistakes)
{
    private static readonly string[] _kinds = ["slack", "pagerduty", "webhook", "email"];

    /// <summary>Which keys belong to one kind alone.</summary>
    private static readonly (string Key, string Kind)[] _details =
        [("pagerduty_url", "pagerduty"), ("secret", "webhook"), ("from", "email"), ("smtp", "email"), ("starttls", "email"), ("user", "email"), ("password", "email")];

    public List<ReceiverModel> Read(IReadOnlyList<Field> entries)
    {
        var receivers = new List<ReceiverModel>();
        var names = new Dictionary<string, Mark>(StringComparer.OrdinalIgnoreCase);
        foreach (var section in entries.Select(entry => entry.Value).OfType<Section>())
        {
            var name = Name(section, names);
            if (Receiver(section, name) is { } receiver) receivers.Add(receiver);
        }

        return receivers;
    }

    private string Name(Section section, Dictionary<string, Mark> names)
    {
        if (section.Field("name") is not { Value: string name } field) return "";
        if (!ProvidersReader.Name().IsMatch(name))
            mistakes.Add(field.At, $"'{field.Shown}' is not a name", "a receiver's name has letters, digits, '.', '_' and '-', and starts with a letter or a digit");
        else if (!names.TryAdd(name, field.At)) mistakes.Add(field.At, $"two receivers are named '{field.Shown}'", $"the first stands in line {names[name].Line}");
        return name;
    }

    private ReceiverModel? Receiver(Section section, string name)
    {
        var kinds = _kinds.Where(section.Has).ToList();
        if (kinds.Count != 1)
        {
            mistakes.Add(section.At, kinds.Count == 0 ? $"receiver '{name}' says not how it is reached" : $"receiver '{name}' is reached in {kinds.Count} ways", $"one of {string.Join(", ", _kinds)}; several are several receivers");
            return null;
        }

        foreach (var (key, kind) in _details)
        {
            if (kind != kinds[0] && section.Field(key) is { } stray) mistakes.Add(stray.KeyAt, $"'{key}' says nothing for a receiver by {kinds[0]}", $"it belongs to '{kind}'");
        }

        return kinds[0] switch
        {
            "slack" => Url(section, "slack") is { } url ? new SlackReceiver { Name = name, Url = url } : null,
            "pagerduty" => PagerDuty(section, name),
            "webhook" => Webhook(section, name),
            _ => Email(section, name),
        };
    }

    private PagerDutyReceiver? PagerDuty(Section section, string name)
    {
        if (section.Text("pagerduty") is not { } key) return null;
        if (key.Length != 32) mistakes.Note(section.Field("pagerduty")!.At, $"the routing key of receiver '{name}' has not 32 characters", "PagerDuty's have");
        var receiver = new PagerDutyReceiver { Name = name, RoutingKey = key };
        return section.Has("pagerduty_url") && Url(section, "pagerduty_url") is { } url ? receiver with { Url = url } : receiver;
    }

    private WebhookReceiver? Webhook(Section section, string name)
    {
        if (Url(section, "webhook") is not { } url) return null;
        if (!section.Has("secret")) mistakes.Note(section.Field("webhook")!.KeyAt, $"the messages to receiver '{name}' are not signed", "anybody who finds its address can send it alarms: 'secret: ${WEBHOOK_SECRET}'");
        return new() { Name = name, Url = url, Secret = section.Text("secret") };
    }

    private EmailReceiver? Email(Section section, string name)
    {
        var to = section.Items("email").Select(item => Mailbox(item)).OfType<string>().ToList();
        var from = section.Field("from") is { } field ? Mailbox(field) : to.FirstOrDefault();
        if (section.Field("smtp") is not { } smtp)
        {
            mistakes.Add(section.At, $"receiver '{name}' needs 'smtp'", "as in 'smtp: mail.example.com:587'");
            return null;
        }

        if (smtp.Value is not string text || to.Count == 0 || from is null) return null;
        var colon = text.LastIndexOf(':');
        var port = 587;
        if (colon == 0 || text.Contains('/', StringComparison.Ordinal) || (colon > 0 && (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is 0 or > 65535)))
        {
            mistakes.Add(smtp.At, $"'smtp: {smtp.Shown}' is not a server", "a name and a port, as in 'mail.example.com:587'");
            return null;
        }

        var startTls = section.Value<bool>("starttls") ?? true;
        if (!startTls && port != 465 && section.Has("password")) mistakes.Add(section.Field("starttls")!.At, "'starttls: false' with a password", "it would go over the wire in the clear");
        if (section.Has("user") != section.Has("password")) mistakes.Add((section.Field("user") ?? section.Field("password"))!.KeyAt, "'user' and 'password' go together");
        return new() { Name = name, To = to, From = from, Host = colon < 0 ? text : text[..colon], Port = port, StartTls = startTls, User = section.Text("user"), Password = section.Text("password") };
    }

    private string? Mailbox(Field field)
    {
        if (field.Value is not string text) return null;
        var at = text.IndexOf('@', StringComparison.Ordinal);
        if (at > 0 && at < text.Length - 1 && at == text.LastIndexOf('@') && !text.Any(c => char.IsControl(c) || c is ' ' or ',' or ';' or '<' or '>')) return text;
        mistakes.Add(field.At, $"'{field.Shown}' is not a mailbox", "as in 'ops@example.com'");
        return null;
    }

    private Uri? Url(Section section, string key)
    {
        if (section.Field(key) is not { Value: string text } field) return null;
        // What was read is not shown: it may be the secret.
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("https" or "http") || url.Host.Length == 0)
        {
            mistakes.Add(field.At, $"'{key}' is not a URL", "it begins with https://");
            return null;
        }

        if (url.UserInfo.Length > 0) mistakes.Add(field.At, $"'{key}' has a user in it", "a URL with a password in it ends up in logs");
        if (url.Scheme == "http" && !url.IsLoopback) mistakes.Note(field.At, $"'{key}' is reached over http", "anybody on the way can read it: use https");
        return url;
    }
}
