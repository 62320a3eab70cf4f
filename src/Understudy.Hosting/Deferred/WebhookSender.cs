using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Understudy.Configuration;
using Understudy.Deferral;
using Understudy.Pipeline;
using Understudy.Retry;

namespace Understudy.Hosting.Deferred;

/// <summary>
/// Tells receivers that deferred work is over: what and how it ended, never what it says. What could not be told is told
/// again for a day, further and further apart, over restarts too; a receiver may hear the same news twice, under one id.
/// </summary>
internal sealed class WebhookSender : IAsyncDisposable
{
    private const int AtOnce = 32;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1), Patience = TimeSpan.FromSeconds(15), ForADay = TimeSpan.FromHours(24);
    private static readonly RetryModel Backing = new() { BaseDelay = TimeSpan.FromSeconds(5), MaxDelay = TimeSpan.FromHours(1) };

    private readonly Engine _engine;
    private readonly IDeferralStore _store;
    private readonly CancellationTokenSource _stopping = new();
    private readonly HttpClient _public = new(WebhookConnection.Handler(allowPrivate: false));
    private readonly HttpClient _any = new(WebhookConnection.Handler(allowPrivate: true));
    private readonly HashSet<string> _inTrouble = new(StringComparer.Ordinal);
    private readonly Task _loop;

    public WebhookSender(Engine engine, IDeferralStore store)
    {
        _engine = engine;
        _store = store;
        _public.Timeout = _any.Timeout = Patience;
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>Stops; what is not told yet is told after the next start.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested) return;
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _public.Dispose();
        _any.Dispose();
        _stopping.Dispose();
    }

    private async Task LoopAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(LookEvery, _engine.Time, _stopping.Token).ConfigureAwait(false);
                if (!_engine.Model.Policy.Routes.SelectMany(route => route.Ladder).OfType<DeferRung>().Any(rung => rung.Webhook is not null)) continue;
                await LookAsync().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // That is how it ends.
        }
    }

    private async Task LookAsync()
    {
        IReadOnlyList<DeferredNews> due;
        try
        {
            due = await _store.NewsAsync(_engine.Time.GetUtcNow(), AtOnce).ConfigureAwait(false);
        }
        catch (DeferralTroubleException)
        {
            return; // next time
        }

        await Task.WhenAll(due.Select(TellAsync)).ConfigureAwait(false);
    }

    private async Task TellAsync(DeferredNews news)
    {
        var now = _engine.Time.GetUtcNow();
        var receiver = _engine.Model.Policy.Routes.Where(route => route.Name == news.Route).SelectMany(route => route.Ladder).OfType<DeferRung>().FirstOrDefault()?.Webhook;
        if (receiver is null || now - news.FinishedAt > ForADay)
        {
            if (receiver is not null) Tell(receiver, $"{receiver.Url.Host} could not be told for a day that deferred work is over: it is not told any more");
            await _store.ToldAsync(news.Id).ConfigureAwait(false);
            return;
        }

        if (await PostAsync(receiver, news).ConfigureAwait(false) is { } trouble)
        {
            if (First(receiver, isTrouble: true)) Tell(receiver, $"{receiver.Url.Host} can't be told of deferred work: {trouble}; it is tried again for a day");
            await _store.TellLaterAsync(news.Id, now + TimeSpan.FromSeconds(1) + Backoff.Delay(Backing, news.Tries, null, _engine.Chance), news.Tries + 1).ConfigureAwait(false);
            return;
        }

        if (First(receiver, isTrouble: false)) Tell(receiver, $"{receiver.Url.Host} is told of deferred work again");
        await _store.ToldAsync(news.Id).ConfigureAwait(false);
    }

    /// <summary>Posts news.</summary>
    /// <returns>What went wrong; null where they were taken.</returns>
    private async Task<string?> PostAsync(WebhookModel receiver, DeferredNews news)
    {
        var body = Body(news);
        var timestamp = _engine.Time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var id = "msg_" + news.Id;
        using var request = new HttpRequestMessage(HttpMethod.Post, receiver.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", timestamp);
        request.Headers.Add("webhook-signature", WebhookSignature.Of(receiver.Secret, id, timestamp, body));
        request.Headers.UserAgent.ParseAdd("Understudy");
        try
        {
            using var response = await (receiver.AllowPrivate ? _any : _public).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _stopping.Token).ConfigureAwait(false);
            return response.IsSuccessStatusCode ? null : $"it answers {(int)response.StatusCode}";
        }
        catch (HttpRequestException unreachable)
        {
            return unreachable.GetBaseException().Message; // of addresses, names and certificates
        }
        catch (OperationCanceledException) when (!_stopping.IsCancellationRequested)
        {
            return "it does not answer";
        }
    }

    private static byte[] Body(DeferredNews news)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("type", "deferred." + news.State.Word());
            json.WriteString("timestamp", news.FinishedAt);
            json.WriteStartObject("data");
            json.WriteString("id", news.Id);
            json.WriteString("status", news.State.Word());
            json.WriteString("client", news.Owner);
            json.WriteString("route", news.Route);
            json.WriteString("url", DeferredEnvelope.PathOf(news.Id));
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    private bool First(WebhookModel receiver, bool isTrouble)
    {
        lock (_inTrouble) return isTrouble ? _inTrouble.Add(receiver.Url.AbsoluteUri) : _inTrouble.Remove(receiver.Url.AbsoluteUri);
    }

    private void Tell(WebhookModel receiver, string text) => _engine.Journal.Tell(new(_engine.Time.GetUtcNow(), "webhook", receiver.Url.Host, text));
}
