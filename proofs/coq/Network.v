(** A network over normed spaces, its energy and its dynamics; the dynamics is an instance of Dyadic.v.

    A network has vertices 0, ..., n - 1, numbered in topological order.  Vertex v has an activation in a normed
    space [X v] and a map [f v] that reads the parameters [theta], shared freely between vertices, and the
    activations of its parents, of which there may be any number.  The cost reads the parameters and any set of
    activations.  A sensitivity s_v is a functional on [X v].  The energy is

        E(x, s; theta) = sum over v of s_v(f_v(theta, x) - x_v) + C(theta, x),

    and the unit step of the dynamics sets, at all vertices at once,

        x_v <- f_v(theta, x),      s_v <- sum over children c of s_c o D_v f_c(theta, x) + D_v C(theta, x). *)

From Coq Require Import Reals Arith Lia Eqdep_dec Peano_dec FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Dyadic Require Import Stabilisation Dyadic Gradient Sums Paths.
Open Scope nat_scope.

Section Network.
  Variable Theta : NormedModule R_AbsRing.
  Variable X : nat -> NormedModule R_AbsRing.
  Variable n : nat.

  (** [E v], from Gradient.v: the parameters together with the activations of the vertices before v. *)
  Local Notation E := (Gradient.E Theta X).
  Variable f : forall v, E v -> X v.
  Variable Df : forall v, E v -> E v -> X v.
  Variable cost : E n -> R_NormedModule.
  Variable Dcost : E n -> E n -> R_NormedModule.

  (** [parent u v]: the map of v reads the activation of u. *)
  Variable parent : nat -> nat -> bool.
  Hypothesis parents_first : forall u v, parent u v = true -> u < v.

  (** Two environments with the same parameters and the same activations at the parents of [w]. *)
  Fixpoint agree_at_parents (w v : nat) : E v -> E v -> Prop :=
    match v return E v -> E v -> Prop with
    | O => fun e e' => e = e'
    | S u => fun e e' => agree_at_parents w u (fst e) (fst e') /\ (parent u w = true -> snd e = snd e')
    end.
  Hypothesis f_reads_parents : forall v e e', v < n -> agree_at_parents v v e e' -> f v e = f v e'.

  (** No path has more than [L] vertices. *)
  Variable L : nat.
  Hypothesis paths_bounded : forall k v, v < n -> path parent k v -> k <= L.
  Variable theta : Theta.

  (** ** Feeding forward *)

  (** The parameters t, and from them the activations before v. *)
  Fixpoint feedforward (t : Theta) (v : nat) : E v :=
    match v return E v with
    | O => t
    | S u => (feedforward t u, f u (feedforward t u))
    end.
  Definition feedforward_cost (t : Theta) : R_NormedModule := cost (feedforward t n).

  (** [instead u y v other]: y if v is u, otherwise other. *)
  Definition instead (u : nat) (y : X u) (v : nat) (other : X v) : X v :=
    match Nat.eq_dec u v with left H => eq_rect u X y v H | right _ => other end.

  Lemma instead_same : forall u y other, instead u y u other = y.
  Proof.
    intros u y other. unfold instead. destruct (Nat.eq_dec u u) as [H|H]; [|now destruct H].
    now rewrite (UIP_refl_nat u H).
  Qed.

  Lemma instead_other : forall u y v other, u <> v -> instead u y v other = other.
  Proof. intros u y v other H. unfold instead. now destruct (Nat.eq_dec u v). Qed.

  (** The same with the activation of u replaced by y; the vertices after u are fed forward from it. *)
  Fixpoint feedforward_with (t : Theta) (u : nat) (y : X u) (v : nat) : E v :=
    match v return E v with
    | O => t
    | S w => (feedforward_with t u y w, instead u y w (f w (feedforward_with t u y w)))
    end.

  (** ** The energy *)

  (** Parameters and the activations before v of a state, or a direction in that space. *)
  Fixpoint collect (t : Theta) (x : forall v, X v) (v : nat) : E v :=
    match v return E v with
    | O => t
    | S u => (collect t x u, x u)
    end.

  Definition energy (t : Theta) (x : forall v, X v) (s : forall v, X v -> R_NormedModule) : R_NormedModule :=
    (sum_below n (fun v => s v (minus (f v (collect t x v)) (x v))) + cost (collect t x n))%R.

  (** The direction that moves theta by h and no activation, and the one that moves x_u by w and nothing else. *)
  Definition along_theta (h : Theta) : forall v, E v := collect h (fun _ => zero).
  Definition along (u : nat) (w : X u) : forall v, E v := collect zero (fun v => instead u w v zero).

  (** dE/dtheta: the sum over v of s_v o D_theta f_v, and D_theta C. *)
  Definition parameter_gradient (x : forall v, X v) (s : forall v, X v -> R_NormedModule) (h : Theta) :
      R_NormedModule :=
    (sum_below n (fun v => s v (Df v (collect theta x v) (along_theta h v)))
      + Dcost (collect theta x n) (along_theta h n))%R.

  (** ** The dynamics, an instance of Dyadic.v *)

  (** A vertex is a position below n.  A family over the vertices, with [blank] at positions that hold none. *)
  Definition node := {v : nat | v < n}.
  Definition position (u : node) : nat := proj1_sig u.
  Definition everywhere (P : nat -> Type) (blank : forall v, P v) (x : forall u : node, P (position u)) :
      forall v, P v :=
    fun v => match lt_dec v n with left H => x (exist _ v H) | right _ => blank v end.

  Lemma everywhere_node : forall P blank x (u : node), everywhere P blank x (position u) = x u.
  Proof.
    intros P blank x [v H]. unfold everywhere, position. simpl.
    destruct (lt_dec v n) as [H'|H']; [|contradiction]. now rewrite (le_unique _ _ H' H).
  Qed.

  Lemma everywhere_ext : forall P blank x y v,
    (forall u : node, position u = v -> x u = y u) -> everywhere P blank x v = everywhere P blank y v.
  Proof.
    intros P blank x y v H. unfold everywhere. destruct (lt_dec v n) as [Hv|Hv]; [|reflexivity].
    exact (H (exist _ v Hv) eq_refl).
  Qed.

  Definition all_activations : (forall u : node, X (position u)) -> forall v, X v :=
    everywhere (fun v => X v) (fun v => zero).
  Definition all_sensitivities : (forall u : node, X (position u) -> R_NormedModule) ->
      forall v, X v -> R_NormedModule :=
    everywhere (fun v => X v -> R_NormedModule) (fun v _ => zero).

  (** x_v <- f_v(theta, x) *)
  Definition new_activation (v : nat) (x : forall v, X v) : X v := f v (collect theta x v).

  (** s_v <- sum over children c of s_c o D_v f_c + D_v C *)
  Definition new_sensitivity (v : nat) (x : forall v, X v) (s : forall v, X v -> R_NormedModule) :
      X v -> R_NormedModule :=
    fun w => (sum_below n (fun c => if parent v c then s c (Df c (collect theta x c) (along v w c)) else 0)
               + Dcost (collect theta x n) (along v w n))%R.

  Definition A (u : node) : Type := X (position u).
  Definition B (u : node) : Type := X (position u) -> R_NormedModule.
  Definition f_node (u : node) (x : forall u, A u) : A u := new_activation (position u) (all_activations x).
  Definition g_node (u : node) (x : forall u, A u) (s : forall u, B u) : B u :=
    new_sensitivity (position u) (all_activations x) (all_sensitivities s).

  (** States of the network, and the state after k unit steps. *)
  Definition network_state : Type := state (variable node) (space node A B).
  Definition after (k : nat) : network_state -> network_state :=
    run (variable node) (space node A B) (doubled_update node A B f_node g_node) k.
  Definition x_of (z : network_state) : forall v, X v := all_activations (activations node A B z).
  Definition s_of (z : network_state) : forall v, X v -> R_NormedModule :=
    all_sensitivities (sensitivities node A B z).

  (** ** The updates read only what the ranks allow *)

  Lemma collect_agrees : forall w t x y v, v <= w ->
    (forall u, u < v -> parent u w = true -> x u = y u) -> agree_at_parents w v (collect t x v) (collect t y v).
  Proof.
    intros w t x y. induction v as [|u IH]; intros Hv H; simpl; [reflexivity|].
    split; [apply IH; [lia|] | apply H; lia]. intros u' Hu'. apply H. lia.
  Qed.

  Lemma collect_ext : forall t x y v, (forall u, u < v -> x u = y u) -> collect t x v = collect t y v.
  Proof.
    intros t x y. induction v as [|u IH]; intro H; simpl; [reflexivity|].
    rewrite IH by (intros; apply H; lia). now rewrite H by lia.
  Qed.

  Lemma f_node_reads : forall (u : node) x y,
    (forall w, depth n parent (position w) < depth n parent (position u) -> x w = y w) -> f_node u x = f_node u y.
  Proof.
    intros [v Hv] x y H. unfold f_node, new_activation, position. simpl.
    apply f_reads_parents; [exact Hv|]. apply collect_agrees; [lia|].
    intros u Hu Hp. apply (everywhere_ext (fun v => X v)). intros w Hw. apply H. rewrite Hw. now apply depth_grows.
  Qed.

  Lemma g_node_reads : forall (u : node) x y s t, (forall w, x w = y w) ->
    (forall w, L - depth n parent (position w) < L - depth n parent (position u) -> s w = t w) ->
    g_node u x s = g_node u y t.
  Proof.
    intros [v Hv] x y s t Hx Hs. unfold g_node, new_sensitivity, position. simpl.
    apply functional_extensionality. intro w.
    assert (Hall : forall c, collect theta (all_activations x) c = collect theta (all_activations y) c).
    { intro c. apply collect_ext. intros. apply (everywhere_ext (fun v => X v)). intros. apply Hx. }
    rewrite Hall. f_equal. apply sum_below_ext. intros c Hc.
    destruct (parent v c) eqn:Hp; [|reflexivity]. rewrite Hall.
    assert (Hsc : all_sensitivities s c = all_sensitivities t c); [|now rewrite Hsc].
    apply (everywhere_ext (fun v => X v -> R_NormedModule)). intros w' Hw'. apply Hs. rewrite Hw'. simpl.
    pose proof (depth_grows n parent parents_first v c Hc Hp).
    pose proof (depth_in_range n parent L paths_bounded c Hc). lia.
  Qed.

  (** Dyadic.v: 2L steps from any state lead to a fixed point, which as equations over all vertices says: *)
  Theorem after_2L_steps : forall z v, v < n ->
    x_of (after (2 * L) z) v = new_activation v (x_of (after (2 * L) z)) /\
    s_of (after (2 * L) z) v = new_sensitivity v (x_of (after (2 * L) z)) (s_of (after (2 * L) z)).
  Proof.
    intros z v Hv. set (u := exist _ v Hv : node).
    assert (Hfixed : fixed_point (variable node) (space node A B) (doubled_update node A B f_node g_node)
                       (after (2 * L) z)).
    { apply fixed_point_reached with (depth := fun u => depth n parent (position u))
                                     (height := fun u => L - depth n parent (position u)).
      - intros [w Hw]. apply (depth_in_range n parent L paths_bounded w Hw).
      - intros [w Hw]. pose proof (depth_in_range n parent L paths_bounded w Hw). simpl. lia.
      - apply f_node_reads.
      - apply g_node_reads. }
    split.
    - transitivity (activations node A B (after (2 * L) z) u).
      + apply (everywhere_node (fun v => X v) (fun v => zero) (activations node A B (after (2 * L) z)) u).
      + symmetry. apply (Hfixed (inl u)).
    - transitivity (sensitivities node A B (after (2 * L) z) u).
      + apply (everywhere_node (fun v => X v -> R_NormedModule) (fun v _ => zero)
                 (sensitivities node A B (after (2 * L) z)) u).
      + symmetry. apply (Hfixed (inr u)).
  Qed.

  (** ** Directions that move one activation *)

  (** Moving x_u moves nothing that stands before u or at it, ... *)
  Lemma along_before : forall u w v, v <= u -> along u w v = zero.
  Proof.
    intros u w. unfold along. induction v as [|v IH]; intro Hv; simpl; [reflexivity|].
    rewrite IH by lia. now rewrite instead_other by lia.
  Qed.

  Lemma along_zero : forall u v, along u zero v = zero.
  Proof.
    intro u. unfold along. induction v as [|v IH]; simpl; [reflexivity|]. rewrite IH.
    destruct (Nat.eq_dec u v) as [<-|Hne]; [now rewrite instead_same | now rewrite instead_other].
  Qed.

  Lemma no_step : forall (V : NormedModule R_AbsRing) (k : R) (e : V), plus e (scal k zero) = e.
  Proof.
    intros V k e. transitivity (plus e zero); [|apply plus_zero_r].
    apply (f_equal (plus e)). exact (scal_zero_r k).
  Qed.

  (** ... and does not change the value of a map that does not read it. *)
  Lemma agree_not_parent : forall u w c k v (e : E v), parent u c = false ->
    agree_at_parents c v (plus e (scal k (along u w v))) e.
  Proof.
    intros u w c k v e Hp. unfold along. induction v as [|v IH]; simpl.
    - apply (no_step Theta).
    - split; [apply IH|]. intro Hv.
      rewrite instead_other by (intros ->; congruence). apply (no_step (X v)).
  Qed.

  (** So its derivative in that direction is zero. *)
  Lemma Df_not_parent : forall u w c e, c < n -> filterdiff (f c) (locally e) (Df c e) ->
    parent u c = false -> Df c e (along u w c) = zero.
  Proof.
    intros u w c e Hc Hf Hp. apply (derivative_along_constant _ _ (f c) e); [exact Hf|].
    intro k. apply f_reads_parents; [exact Hc|]. now apply agree_not_parent.
  Qed.
End Network.

Arguments agree_at_parents {Theta X} parent w v e e'.
Arguments feedforward {Theta X} f t v.
Arguments feedforward_cost {Theta X n} f cost t.
Arguments feedforward_with {Theta X} f t u y v.
Arguments instead {X} u y v other.
Arguments collect {Theta X} t x v.
Arguments energy {Theta X n} f cost t x s.
Arguments along_theta {Theta X} h v.
Arguments along {Theta X} u w v.
Arguments parameter_gradient {Theta X n} Df Dcost theta x s h.
Arguments new_activation {Theta X} f theta v x.
Arguments new_sensitivity {Theta X n} Df Dcost parent theta v x s _.
Arguments after {Theta X n} f Df Dcost parent theta k z.
Arguments x_of {X n} z v.
Arguments s_of {X n} z v _.
