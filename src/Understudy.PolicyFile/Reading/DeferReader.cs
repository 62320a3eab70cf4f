using Understudy.Configuration;

namespace Understudy.PolicyFile.Reading;

/// <summary>Reads defer rungs, and the settings of the queue behind them.</summary>
/// <param name="mistakes">Hears of mistakes.</param>
/// <param name="notices">Reads what callers are told.</param>
/// <param name="store">The field of the store; null where there is none, and nothing can be promised.</param>
internal sealed class DeferReader(MistakeList mistakes, NoticeReader notices, Field? store)
{
    private const int ShortestSecret = 16;

    /// <summary>A defer rung.</summary>
    public DeferRung? Read(Field field)
    {
        if (field.Value is not Section section) return null;
        if (store is null)
            mistakes.Add(field.KeyAt, "'defer' without a 'store'", "what is accepted for later must outlive the process: add 'store: sqlite:understudy.db'");
        else if (store.Value is string text && text.StartsWith("postgres", StringComparison.Ordinal))
            mistakes.Note(field.KeyAt, "'defer' needs a store that this version serves", "calls go on to the next rung; 'store: sqlite:understudy.db' keeps them");
        var standard = new DeferRung();
        return new DeferRung
        {
            Degraded = true,
            Keep = section.Value<TimeSpan>("keep") ?? standard.Keep,
            Deadline = section.Value<TimeSpan>("deadline"),
            Words = notices.Words(section, standard.Words, "id") ?? standard.Words,
            Webhook = section.Inner("webhook") is { } webhook ? Webhook(webhook) : null,
        };
    }

    /// <summary>The settings of the queue.</summary>
    public static DeferredModel Settings(Section? section)
    {
        var standard = new DeferredModel();
        return section is null ? standard : new DeferredModel
        {
            Concurrency = section.Value<int>("concurrency") ?? standard.Concurrency,
            MaxBytes = section.Value<long>("max_size") ?? standard.MaxBytes,
            BatchDeadline = section.Value<TimeSpan>("batch_deadline") ?? standard.BatchDeadline,
            BatchKeep = section.Value<TimeSpan>("batch_keep") ?? standard.BatchKeep,
        };
    }

    private WebhookModel? Webhook(Section section)
    {
        var allowPrivate = section.Value<bool>("allow_private") ?? false;
        var secret = section.Text("secret");
        if (secret is { Length: < ShortestSecret })
            mistakes.Add(section.Field("secret")!.At, $"the webhook's 'secret' has fewer than {ShortestSecret} characters", "it can be guessed: 'openssl rand -hex 32' makes a good one");
        if (section.Field("url") is not { Value: string text } field || secret is null) return null;
        if (!Uri.TryCreate(text.Trim(), UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.Host.Length == 0)
        {
            mistakes.Add(field.At, $"'{field.Shown}' is not a URL", "it starts with https:// and a host, as in 'https://hooks.example.com/understudy'");
            return null;
        }
        if (url.UserInfo.Length > 0) mistakes.Add(field.At, "the webhook's 'url' holds a user or a password", "a URL is printed; the news are signed with 'secret'");
        if (!allowPrivate && url.Scheme == "http") mistakes.Add(field.At, $"'{field.Shown}' is not encrypted", "write https://, or 'allow_private: true' where it stays on this machine or in your own network");
        else if (!allowPrivate && url.IsLoopback) mistakes.Add(field.At, $"'{field.Shown}' leads to this machine", "'allow_private: true' allows it");
        return new WebhookModel { Url = url, Secret = secret, AllowPrivate = allowPrivate };
    }
}
