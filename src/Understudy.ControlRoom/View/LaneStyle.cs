using Understudy.Configuration;

namespace Understudy.ControlRoom.View;

/// <summary>Whose colour is whose: by the order of the policy, so that it stays the same for everybody and over restarts.</summary>
internal static class LaneStyle
{
    private const int Colours = 7;

    /// <summary>The style class of a provider, or of a rung's word.</summary>
    public static string Of(Policy policy, string lane)
    {
        for (var i = 0; i < policy.Providers.Count; i++)
        {
            if (policy.Providers[i].Name == lane) return $"lane-{i % Colours}";
        }

        return lane is "cache" or "human" or "defer" or "notice" ? $"lane-{lane}" : "lane-others";
    }

    /// <summary>The lane of <c>provider/model</c>.</summary>
    public static string LaneOf(string server) => server.IndexOf('/', StringComparison.Ordinal) is >= 0 and var slash ? server[..slash] : server;
}
