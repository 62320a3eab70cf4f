using System.Net;
using System.Net.Sockets;
using MailKit;
using Polly;
using Understudy.Alarms;
using Understudy.Configuration;

namespace Understudy.Hosting.Receivers;

/// <summary>Brings a message to its receiver: a few tries with growing gaps, each with an end.</summary>
internal sealed class Deliveries : IDisposable
{
    private static readonly TimeSpan OneTry = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);

    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private readonly ResiliencePipeline<Delivery> _tries;

    /// <summary>With the time that its gaps are measured by.</summary>
    public Deliveries(TimeProvider time)
    {
        _time = time;
        // A redirect would bring the message, and its signature, to somebody else.
        _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(5), PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("understudy");
        _tries = new ResiliencePipelineBuilder<Delivery> { TimeProvider = time }
            .AddRetry(new()
            {
                ShouldHandle = static tried => ValueTask.FromResult(tried.Outcome.Result is { Trouble: not null, IsFinal: false }),
                MaxRetryAttempts = 3,
                BackoffType = DelayBackoffType.Exponential,
                Delay = TimeSpan.FromSeconds(1),
                DelayGenerator = static tried => ValueTask.FromResult(tried.Outcome.Result.RetryAfter is { } asked ? (TimeSpan?)(asked < LongestWait ? asked : LongestWait) : null),
            })
            .Build();
    }

    /// <summary>Delivers.</summary>
    public async Task<Delivery> DeliverAsync(ReceiverModel receiver, AlarmMessage message, CancellationToken cancellationToken) =>
        await _tries.ExecuteAsync(async token => await TryAsync(receiver, message, token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<Delivery> TryAsync(ReceiverModel receiver, AlarmMessage message, CancellationToken cancellationToken)
    {
        // The gaps go by the given time; a socket answers by the world's.
        using var clock = new CancellationTokenSource(OneTry, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        try
        {
            return receiver switch
            {
                SlackReceiver slack => await PostAsync(SlackMessage.Request(slack, message), SlackMessage.Judge, either.Token).ConfigureAwait(false),
                PagerDutyReceiver duty => await PostAsync(PagerDutyEvent.Request(duty, message), Judge, either.Token).ConfigureAwait(false),
                WebhookReceiver hook => await PostAsync(SignedWebhook.Request(hook, message, _time.GetUtcNow()), Judge, either.Token).ConfigureAwait(false),
                EmailReceiver mail => await Mail.SendAsync(mail, message, trusts: null, either.Token).ConfigureAwait(false),
                _ => new Delivery($"nobody knows how to reach a {receiver.Kind}", IsFinal: true),
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new($"no answer in {OneTry.TotalSeconds:0} s");
        }
        catch (HttpRequestException failure)
        {
            return new(failure.HttpRequestError switch
            {
                HttpRequestError.NameResolutionError => "its name cannot be resolved",
                HttpRequestError.ConnectionError => "no connection",
                HttpRequestError.SecureConnectionError => "its certificate is not trusted, or TLS failed",
                _ => "the connection broke",
            });
        }
        catch (Exception failure) when (failure is IOException or SocketException or ProtocolException)
        {
            return new("no connection, or it broke");
        }
    }

    private async Task<Delivery> PostAsync(HttpRequestMessage request, Func<HttpResponseMessage, Delivery> judge, CancellationToken cancellationToken)
    {
        using (request)
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            return judge(response);
        }
    }

    /// <summary>What a status means: 408, 429 and 5xx may be other in a minute, every other refusal will not.</summary>
    internal static Delivery Judge(HttpResponseMessage response)
    {
        if (response.IsSuccessStatusCode) return Delivery.Done;
        var again = response.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)response.StatusCode >= 500;
        return new($"it answered {(int)response.StatusCode}", !again, response.Headers.RetryAfter?.Delta);
    }
}
