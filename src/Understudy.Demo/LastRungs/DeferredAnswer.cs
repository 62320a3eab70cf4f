using System.Net;

namespace Understudy.Demo.LastRungs;

/// <summary>Asks for work that was put off, as its caller would.</summary>
internal static class DeferredAnswer
{
    private static readonly TimeSpan AsksEvery = TimeSpan.FromMilliseconds(250), Patience = TimeSpan.FromSeconds(60);

    /// <summary>Waits until the answer is there.</summary>
    /// <returns>After how long; null if it did not come in a minute, or not as an answer.</returns>
    public static async Task<TimeSpan?> WaitAsync(Uri gateway, string id, TimeProvider time, CancellationToken cancellationToken)
    {
        using var client = new HttpClient { BaseAddress = gateway };
        client.DefaultRequestHeaders.Add("x-api-key", "demo");
        var from = time.GetTimestamp();
        while (time.GetElapsedTime(from) is var waited && waited < Patience)
        {
            using var response = await client.GetAsync(new Uri($"v1/deferred/{id}/answer", UriKind.Relative), cancellationToken);
            if (response.StatusCode == HttpStatusCode.OK) return waited;
            if (response.StatusCode != HttpStatusCode.Accepted) return null;
            await Task.Delay(AsksEvery, time, cancellationToken);
        }

        return null;
    }
}
