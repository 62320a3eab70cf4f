namespace Understudy.Overrides;

/// <summary>Where pins outlive the process (decision 0014).</summary>
public interface IPinStore
{
    /// <summary>Keeps what is in force now and the action that made it so, in one piece; as <see cref="IOverrideStore.SaveAsync"/>.</summary>
    /// <returns>Whether it is kept: true once it is on disk, false where the store has trouble.</returns>
    Task<bool> SavePinsAsync(IReadOnlyList<Pin> inForce, OverrideAction action);
}
